"""What editors are told: every key, every disruption, every policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scenarios.errors import Problems
from scenarios.json_schema import schema
from scenarios.library import library_paths
from scenarios.schema.scenario import Scenario
from scenarios.yaml_source import read_yaml
from sim.disruptions import DISRUPTIONS
from sim.policies.registry import policies

SCHEMA = schema()


def test_it_is_json_and_names_every_key():
    assert SCHEMA == json.loads(json.dumps(SCHEMA))
    assert set(Scenario.model_fields) == set(SCHEMA["properties"])


def test_every_key_is_described():
    sections = {"Scenario": SCHEMA, **SCHEMA["$defs"]}

    assert [] == [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, value in section["properties"].items()
        if not value.get("description") and "$ref" not in value  # what it refers to says the same
    ]


def test_it_lists_all_disruptions_and_policies():
    by_name, _ = SCHEMA["properties"]["disruptions"]["anyOf"]
    kinds = [entry["properties"]["kind"]["const"] for entry in by_name["additionalProperties"]["anyOf"][:-1]]
    listed = SCHEMA["properties"]["policies"]["properties"]

    assert sorted(DISRUPTIONS) == kinds
    for decision, known in policies().items():
        assert set(known) <= set(listed[decision]["anyOf"][0]["enum"])


@pytest.mark.parametrize("name", sorted(library_paths()))
def test_the_library_fits_it(name: str):
    jsonschema: Any = pytest.importorskip("jsonschema")
    tree = read_yaml(library_paths()[name], Problems())
    assert tree is not None
    validator = jsonschema.Draft202012Validator(SCHEMA)

    assert [] == [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(tree.plain())]


def test_it_refuses_a_typo():
    jsonschema: Any = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(SCHEMA)

    for faulty in (
        {"horizn": {"end": "2d"}},
        {"nodes": {"East": {"wave_intervall": "1h"}}},
        {"nodes": {"East": {"kind": "warehose"}}},
        {"disruptions": {"x": {"kind": "node_outag"}}},
        {"policies": {"allocation": "closets"}},
        {"products": {"generate": {"cuont": 5}}},
    ):
        assert not validator.is_valid(faulty), faulty
