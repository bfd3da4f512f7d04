"""What the program says of itself, and of names and scenarios."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TINY = Path(__file__).parent / "tiny.yaml"
COMMANDS = (
    "demo",
    "run",
    "compare",
    "changes",
    "continuity",
    "list",
    "validate",
    "harm",
    "margin",
    "timeline",
    "report",
    "import",
    "tune",
    "decide",
    "shadow",
    "serve",
    "schema",
)


def test_help_teaches_by_example(peakproof):
    result = peakproof("--help")

    assert 0 == result.exit_code
    for command in COMMANDS:
        assert f"  {command} " in result.output
    assert "peakproof compare outage --policies closest,cheapest --replications 10" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, peakproof):
    result = peakproof(command, "--help")

    assert 0 == result.exit_code
    if command != "demo":
        assert f"      peakproof {command} " in result.output, "its examples stand on lines of their own"


def test_help_is_quick_because_nothing_heavy_is_imported():
    heavy = {"numpy", "pandas", "scipy", "matplotlib", "duckdb", "pyarrow", "pydantic", "simpy", "ortools"}
    code = f"import sys, peakproof.cli; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("scenarios", "outage"),
        ("policies", "fewest_splits"),
        ("disruptions", "node_outage"),
        ("kpis", "otif"),
        ("formats", "orders-csv"),
    ],
)
def test_lists_name_what_there_is(what, name, peakproof):
    result = peakproof("list", what)

    assert 0 == result.exit_code
    assert name in result.output


def test_the_schema_is_json(tmp_path: Path, peakproof):
    printed = peakproof("schema")
    peakproof("schema", "--out", tmp_path / "schema.json")

    assert "horizon" in json.loads(printed.output)["properties"]
    assert json.loads(printed.output) == json.loads((tmp_path / "schema.json").read_text(encoding="utf-8"))


def test_a_sound_scenario_is_said_to_be_in_order(peakproof):
    result = peakproof("validate", TINY, "--policy", "allocation=cheapest")

    assert 0 == result.exit_code
    assert "tiny is in order" in result.output
    assert "allocation by cheapest" in result.output


def test_an_unsound_one_is_not(peakproof):
    result = peakproof("validate", TINY, "--set", "nodes.AVP.wave_interval=often")

    assert 2 == result.exit_code
    assert "nodes.AVP.wave_interval" in result.stderr


def test_the_version_is_told(peakproof):
    assert peakproof("--version").output.startswith("peakproof ")


def test_own_orders_become_a_scenario_that_runs(tmp_path: Path, peakproof):
    orders = tmp_path / "orders.csv"
    header = "order_ref,placed_at,sku,units,unit_price"
    rows = [f"A{n},2026-03-{2 + n % 5:02} 10:{n % 60:02},SKU{n % 7},{1 + n % 3},{9 + n % 4}.50" for n in range(60)]
    orders.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    imported = peakproof("import", orders, "--format", "orders-csv", "--out", tmp_path / "shop")
    assert imported.exit_code == 0, imported.output
    assert "60 orders" in imported.output
    assert "all rows" in imported.output, "what the rows were taken for is shown at once"

    run = peakproof("run", tmp_path / "shop" / "scenario.yaml", "--out", tmp_path / "run", "--no-report")
    assert run.exit_code == 0, run.output
    story = peakproof("timeline", tmp_path / "run", "A7")
    assert story.exit_code == 0, story.output
    assert "04 Mar 10:07:00" in story.output, "the order is the file's A7, at its own time"


def test_an_import_option_that_cannot_be_is_told(tmp_path: Path, peakproof):
    arguments = ("--format", "orders-csv", "--option", "opening_dys=3", "--option", "safety_days=many")
    result = peakproof("import", tmp_path / "orders.csv", *arguments)

    assert 2 == result.exit_code
    assert "did you mean 'opening_days'" in result.stderr
    assert "'many' does not fit" in result.stderr


def test_an_unknown_format_is_told_with_the_nearest(tmp_path: Path, peakproof):
    result = peakproof("import", tmp_path / "orders.csv", "--format", "orders-cvs", "--out", tmp_path / "shop")

    assert 2 == result.exit_code
    assert "did you mean 'orders-csv'" in result.stderr
