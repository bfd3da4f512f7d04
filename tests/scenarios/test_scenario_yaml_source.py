"""The loader's own YAML: no traps, no code, and a line for every value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import Problems
from scenarios.yaml_source import dump_yaml, parse_yaml, read_yaml


def read(text: str) -> Any:
    problems = Problems()
    tree = parse_yaml(text, "a.yaml", problems)
    assert [] == list(problems)
    assert tree is not None
    return tree.plain()


def faults(text: str) -> list[tuple[int, int, str]]:
    problems = Problems()
    parse_yaml(text, "a.yaml", problems)
    return [(problem.line, problem.column, problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("22:15", "22:15"),
        ("010", "010"),
        ("0", 0),
        ("-7", -7),
        ("1e3", 1000.0),
        ("1.50", 1.5),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("2026-11-23 00:00", "2026-11-23 00:00"),
        ("2026-11-23", "2026-11-23"),
        ("=", "="),
    ],
)
def test_a_plain_value_is_what_it_looks_like(text: str, value: Any):
    found = read(f"key: {text}")["key"]

    assert value == found
    assert type(value) is type(found)


def test_keys_stay_text():
    assert {"1": 0.6, "NO": 1, "1.5": 2} == read("1: 0.6\nNO: 1\n1.5: 2")


def test_an_equal_key_is_a_fault_and_the_first_stays():
    assert [(3, 1, "given twice; the first is on line 1")] == faults("a: 1\nb: 2\na: 3\n")


def test_anchors_and_merge_keys_work_and_own_keys_win():
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nx: {<<: [*base, *more], a: 9}\ny: *base\n"

    assert {"a": 9, "b": 2, "c": 4} == read(text)["x"]
    assert {"a": 1, "b": 2} == read(text)["y"]


def test_an_anchor_in_itself_is_a_fault():
    assert [(1, 8, "an anchor contains itself")] == [(1, 8, m) for *_, m in faults("a: &x [*x]")][:1]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd", "!!python/name:os.system", "!mine", "!!binary"])
def test_a_tag_that_makes_more_than_a_value_is_a_fault(tag: str):
    assert [(1, 4, f"the tag {tag} is not allowed")] == faults(f"a: {tag} []")


def test_many_aliases_of_aliases_are_refused():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert {"too many values"} == {message for *_, message in faults("\n".join(lines))}


def test_broken_syntax_is_told_with_its_line():
    problems = Problems()

    assert parse_yaml("a: 1\nb: [1, 2\nc: 3\n", "a.yaml", problems) is None
    assert [3] == [problem.line for problem in problems]


def test_a_missing_an_empty_and_a_binary_file_are_faults(tmp_path: Path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    problems = Problems()

    for name in ("missing.yaml", "empty.yaml", "binary.yaml"):
        assert read_yaml(tmp_path / name, problems) is None
    assert [
        "cannot be read: No such file or directory",
        "is empty",
        "cannot be read: it is not UTF-8 text",
    ] == [problem.message for problem in problems]


def test_values_know_their_lines():
    tree = parse_yaml("a:\n  b: [1, x]\n", "a.yaml", Problems())

    assert tree is not None
    entries = tree.get("a", "b")
    assert entries is not None
    assert [(2, 7), (2, 10)] == [(item.mark.line, item.mark.column) for item in entries.entries()]
    assert (2, 3) == (entries.key_mark.line, entries.key_mark.column)


def test_what_is_dumped_reads_back():
    data = {
        "no": "NO",
        "word": "true",
        "number": "1e3",
        "zeros": "010",
        "clock": "22:15",
        "empty": "",
        "none": None,
        "list": [1, 2.5, True, "a: b", "# c", "ü"],
        "inf": "12",
    }

    assert data == read(dump_yaml(data))
