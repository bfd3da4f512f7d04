"""The decision service over HTTP: decisions as on files, refusals in one form, a page that needs no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from peakproof.service.web import create_app
from scenarios.load import load

SHOP = Path(__file__).parent / "two_rooms.yaml"
ORDER = {"order_ref": "a", "sku": "007", "units": 2, "channel": "web", "region": "Newark"}
STOCK = [{"node": "EAST", "sku": "007", "available": 2}, {"node": "WEST", "sku": "007", "available": 2}]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(load(SHOP)))


def test_a_request_is_answered_alike_however_often_it_comes(client: TestClient):
    asked = {"orders": [ORDER], "stock": STOCK}
    first, again = (client.post("/decisions/allocation", json=asked) for _ in range(2))

    assert 200 == first.status_code
    assert first.json() == again.json()
    assert ["EAST"] == [p["node"] for p in first.json()["decisions"][0]["parcels"]]


def test_a_request_names_its_own_policy_and_closed_nodes(client: TestClient):
    asked = {"orders": [ORDER], "stock": STOCK, "policy": "fewest_splits:most_combinations=9", "closed": ["EAST"]}
    answer = client.post("/decisions/allocation", json=asked).json()

    assert "fewest_splits:most_combinations=9" == answer["policy"]
    assert ["WEST"] == [p["node"] for p in answer["decisions"][0]["parcels"]]


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        (
            {"orders": [ORDER | {"sku": "07"}], "stock": [STOCK[0] | {"node": "EST"}], "policy": "closets"},
            [
                ("policy", "policies.allocation", "there is no allocation policy 'closets'", "closest"),
                ("orders[0]", "sku", "there is no product '07'", "007"),
                ("stock[0]", "node", "there is no node 'EST'", "EAST"),
            ],
        ),
        (
            {"orders": [ORDER, ORDER | {"units": 0, "colour": "red"}], "stok": []},
            [
                ("orders[1]", "units", "0 does not fit", None),
                ("orders[1]", "colour", "unknown key", None),
                ("body", "stock", "is missing", None),
                ("body", "stok", "unknown key", None),
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_all_at_once(asked: dict[str, Any], faults: list[Any], client: TestClient):
    answer = client.post("/decisions/allocation", json=asked)

    assert 422 == answer.status_code
    assert faults == [(p["where"], p["key"], p["message"], p["suggestion"]) for p in answer.json()["problems"]]
    assert f"{len(faults)} problems in the request" == answer.json()["detail"]


WAITS = {"shipment_ref": "S1", "node": "EAST", "planned_at": "2026-11-24T08:00", "ship_by": "2026-11-24T20:00"}
COVER = STOCK[0] | {"daily_demand": 2}


@pytest.mark.parametrize(
    ("decision", "asked", "key"),
    [
        ("allocation", {"orders": [ORDER], "stock": STOCK, "at": "0001-01-01T00:00"}, "at"),
        ("allocation", {"orders": [ORDER], "stock": STOCK, "at": "9999-12-31T23:59:59Z"}, "at"),
        ("allocation", {"orders": [ORDER | {"placed_at": "0001-01-01T00:00"}], "stock": STOCK}, "placed_at"),
        ("allocation", {"orders": [ORDER | {"deliver_by": "9999-12-31T00:00"}], "stock": STOCK}, "deliver_by"),
        ("release", {"shipments": [WAITS | {"cutoff": "0001-01-01T00:00"}], "policy": "waves"}, "cutoff"),
        ("release", {"shipments": [WAITS | {"lines": 10**30}], "policy": "waves"}, "lines"),
        ("release", {"shipments": [WAITS | {"priority": -(10**30)}], "policy": "priority"}, "priority"),
        ("transfers", {"stock": [COVER | {"daily_demand": 1e300}], "policy": "expected_shortage"}, "daily_demand"),
        ("transfers", {"stock": [COVER | {"available": 10**9}], "policy": "expected_shortage"}, "available"),
    ],
)
def test_what_no_calendar_and_no_table_holds_is_refused(decision: str, asked: dict, key: str, client: TestClient):
    answer = client.post(f"/decisions/{decision}", json=asked)

    assert (422, [key]) == (answer.status_code, [p["key"] for p in answer.json()["problems"]])


def test_a_body_that_is_no_json(client: TestClient):
    answer = client.post("/decisions/allocation", content="orders", headers={"content-type": "application/json"})

    assert 422 == answer.status_code
    assert ["is not JSON"] == [p["message"] for p in answer.json()["problems"]]


def test_every_example_of_the_document_is_answered(client: TestClient):
    paths = client.get("/openapi.json").json()["paths"]
    examples = {
        path: methods["post"]["requestBody"]["content"]["application/json"]["example"]
        for path, methods in paths.items()
        if "post" in methods
    }

    assert 4 == len(examples)
    for path, example in examples.items():
        assert 200 == client.post(path, json=example).status_code, path


def test_the_document_is_of_the_version_that_the_page_reads(client: TestClient):
    made = client.get("/openapi.json")

    assert made.json()["openapi"].startswith("3.0.")
    assert '"null"' not in made.text


def test_the_page_asks_no_other_host(client: TestClient):
    page = client.get("/docs").text
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)|url: '([^']+)'""", page)
    named = [one or other for one, other in addresses]

    assert named == [address for address in named if address.startswith("/")]
    assert 4 == len(named)
    assert [200] * 4 == [client.get(address).status_code for address in named]
    assert '"validatorUrl": null' in page
    assert "http" not in page


def test_health_and_policies(client: TestClient):
    health, policies = client.get("/health").json(), client.get("/policies").json()

    assert ("ok", "two-rooms", 3, 2) == tuple(health[key] for key in ("status", "scenario", "nodes", "products"))
    assert "closest" == policies["allocation"]["default"]
    assert "cheapest" in policies["allocation"]["known"]
    assert {"allocation", "replenishment", "release", "transfers"} == set(policies)


def test_without_the_extra_the_command_says_what_to_install():
    code = (
        "import sys; sys.modules['fastapi'] = None; sys.argv = ['peakproof', 'serve', 'baseline'];"
        "from peakproof.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 2 == result.returncode
    assert "pip install 'peakproof[service]'" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
