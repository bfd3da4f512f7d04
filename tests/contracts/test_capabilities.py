"""The table of capabilities: each row's keys exist, its test can be collected, its id is one of the list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from peakproof.cli import app
from scenarios.json_schema import schema
from sim.disruptions import DISRUPTIONS
from sim.measures.registry import measures
from sim.policies.registry import policies

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
LAST = {"A": 8, "B": 7, "C": 9, "D": 7, "E": 6, "F": 4, "G": 5, "H": 2, "I": 6, "J": 6}
IDS = {f"{letter}{number}" for letter, last in LAST.items() for number in range(1, last + 1)}
REQUIRED = {row_id for row_id in IDS if row_id[0] in "ABCDEFGH"} | {"J5", "J6"}
"""What an effect is asked of: the whole operating model, and the comparison that it was built for."""
LISTED = REQUIRED | {row_id for row_id in IDS if row_id[0] == "I"}
"""What a row is asked of: besides, who decides."""
ROW = re.compile(r"^\| *([A-Z]\d+) *\|(.*)\|(.*)\|(.*)\|$")


def table(text: str) -> list[tuple[str, list[str], list[str]]]:
    """(id, keys, tests) of each row."""
    found = [match.groups() for line in text.splitlines() if (match := ROW.match(line))]
    return [
        (row_id, re.findall(r"`([^`]+)`", keys), re.findall(r"`([^`]+)`", tests)) for row_id, _, keys, tests in found
    ]


ROWS = table(PAGE.read_text(encoding="utf-8"))


@cache
def known() -> frozenset[str]:
    """Paths of the schema's keys, names of policies, disruptions and measures, and commands."""
    found = schema()
    names = {name for named in policies().values() for name in named} | set(DISRUPTIONS) | set(measures())
    commands = {f"peakproof {name}" for name in get_command(app).commands}  # type: ignore[attr-defined]  # of a group
    return frozenset(set(_paths(found, found["$defs"], "", ())) | names | commands)


def _paths(node: Any, definitions: dict[str, Any], path: str, seen: tuple[str, ...]) -> Iterator[str]:
    """Dotted paths of all keys below ``node``; ``<name>`` stands for any name of a collection."""
    if not isinstance(node, dict):
        return
    reference = node.get("$ref", "").rsplit("/", 1)[-1]
    if reference in definitions and reference not in seen:
        yield from _paths(definitions[reference], definitions, path, (*seen, reference))
    for form in [form for word in ("anyOf", "oneOf", "allOf") for form in node.get(word, [])]:
        yield from _paths(form, definitions, path, seen)
    for key, inner in node.get("properties", {}).items():
        step = f"{path}.{key}" if path else key
        yield step
        yield from _paths(inner, definitions, step, seen)
    for collection in (node.get("items"), node.get("additionalProperties")):
        yield from _paths(collection, definitions, f"{path}.<name>", seen)


@cache
def defined_in(path: Path) -> frozenset[str]:
    """Names of the test functions of a file; none if there is no such file."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def faults(rows: list[tuple[str, list[str], list[str]]]) -> list[str]:
    """What is wrong with the rows."""
    found = []
    for row_id, keys, tests in rows:
        if row_id not in IDS:
            found.append(f"{row_id}: no such capability")
        if not keys or not tests:
            found.append(f"{row_id}: a row has a key and a test")
        found += [f"{row_id}: there is no key or name {key}" for key in keys if key not in known()]
        for test in tests:
            path, _, name = test.partition("::")
            if not name.startswith("test_") or name not in defined_in(ROOT / path):
                found.append(f"{row_id}: there is no test {test}")
    return found


def test_the_table_is_true():
    assert [] == faults(ROWS)
    assert len(ROWS) > 40
    assert sum(line.startswith("| ") for line in PAGE.read_text(encoding="utf-8").splitlines()) == len(ROWS) + 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| A9 | x | `stock` | `{here}` |", "A9: no such capability"),
        ("| A1 | x | `channels.<name>.colour` | `{here}` |", "A1: there is no key or name channels.<name>.colour"),
        ("| A1 | x | `stock` | `{here}_not` |", "A1: there is no test {here}_not"),
        ("| A1 | x | `stock` | `tests/none.py::test_x` |", "A1: there is no test tests/none.py::test_x"),
        ("| A1 | x | | `{here}` |", "A1: a row has a key and a test"),
    ],
)
def test_what_is_not_true_is_found(row: str, fault: str):
    here = "tests/contracts/test_capabilities.py::test_the_table_is_true"

    assert [] == faults(table(f"| A1 | x | `stock`, `node_outage`, `otif`, `base_stock` | `{here}` |"))
    assert [fault.format(here=here)] == faults(table(row.format(here=here)))


def missing(rows: list[tuple[str, list[str], list[str]]]) -> set[str]:
    """Capabilities that have no row."""
    return LISTED - {row_id for row_id, _, _ in rows}


def test_no_capability_is_missing():
    assert set() == missing(ROWS)
    assert {"H2"} == missing([row for row in ROWS if row[0] != "H2"])


def test_ids_are_those_of_the_list():
    assert {row_id for row_id, _, _ in ROWS} <= IDS
    assert 60 == len(IDS)
    assert 50 == len(REQUIRED)
