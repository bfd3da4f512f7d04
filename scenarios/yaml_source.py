"""YAML with a memory: plain values that still know the line they came from.

PyYAML follows YAML 1.1, whose implicit types surprise people who write scenarios: ``NO`` is false, ``22:15``
is 1335, ``010`` is 8, ``1e3`` is a string, and the second of two equal keys wins. Here scalars are typed by
the core schema of YAML 1.2 (section 10.3), but for two things: whole numbers with a leading zero stay text,
so that a SKU keeps its zeros, and dates stay text, because they need the scenario's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scenarios.errors import Mark, Problems

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 2_000_000
"""No honest scenario has this many values."""
_MOST_REPEATED = 200_000
"""Values that stand in a tree once more, by an alias; aliases of aliases can make a small file huge."""
_DEEPEST = 50
"""Levels of lists and mappings inside one another; a scenario has some eight."""

_IMPLICIT: tuple[tuple[str, str, str], ...] = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
    ("float", r"^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$", "-+."),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("merge", r"^<<$", "<"),
)


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """PyYAML's table of implicit types: first character -> (tag, pattern)."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, pattern, first in _IMPLICIT:
        for character in first:
            key = "" if character == "\0" else character
            table.setdefault(key, []).append((_TAG + kind, re.compile(pattern)))
    return table


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = _resolvers()


class _Dumper(yaml.CSafeDumper):
    """Quotes what this module's loader would otherwise read as something else than text."""

    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        """Write shared values out in full: a resolved file is read by people."""
        return True


@dataclass(frozen=True, slots=True)
class Tree:
    """A value of a scenario file and where it stands.

    ``value`` is a dict of trees, a list of trees or a scalar. ``key_mark`` is where its key stands, if it has
    one. A ``broken`` tree could not be read; that was already reported.
    """

    value: Any
    mark: Mark
    key_mark: Mark
    broken: bool = False

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it has entries by position."""
        return isinstance(self.value, list)

    def get(self, *keys: str) -> Tree | None:
        """What stands below these keys, or None where one is missing or unreadable."""
        tree: Tree | None = self
        for key in keys:
            if tree is None or not tree.is_mapping:
                return None
            tree = tree.value.get(key)
        return None if tree is None or tree.broken else tree

    def items(self) -> Iterator[tuple[str, Tree]]:
        """Keys and what stands below them; nothing, if it is not a mapping."""
        return iter(self.value.items()) if self.is_mapping else iter(())

    def entries(self) -> list[Tree]:
        """The entries of a list; none, if it is not a list."""
        return self.value if self.is_list else []

    def plain(self) -> Any:
        """The value without its marks; unreadable parts are left out."""
        if self.is_mapping:
            return {key: tree.plain() for key, tree in self.value.items() if not tree.broken}
        if self.is_list:
            return [None if tree.broken else tree.plain() for tree in self.value]
        return self.value

    def with_value(self, value: Any) -> Tree:
        """The same place, holding another value."""
        return Tree(value, self.mark, self.key_mark)


def read_yaml(path: Path, problems: Problems) -> Tree | None:
    """The tree of one file; what is wrong with its syntax goes to ``problems``.

    Returns
    -------
    Tree or None
        None if nothing can be said of the file (it is missing, empty, or not YAML).
    """
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.add(Mark(name), "", f"cannot be read: {reason}")
        return None
    return parse_yaml(text, name, problems)


def parse_yaml(text: str, name: str, problems: Problems, *, has_lines: bool = True) -> Tree | None:
    """The tree of a text; ``name`` stands for it in messages."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Mark(name, mark.line + 1, mark.column + 1) if mark and has_lines else Mark(name)
        problems.add(at, "", f"not valid YAML: {error.problem or error.context}")
        return None
    except yaml.YAMLError as error:
        problems.add(Mark(name), "", f"not valid YAML: {error}")
        return None
    except RecursionError:
        problems.add(Mark(name), "", "nested too deeply")
        return None
    finally:
        loader.dispose()
    if node is None:
        problems.add(Mark(name), "", "is empty")
        return None
    return _Reader(name, problems, has_lines).tree(node, "", None)


def dump_yaml(data: Any) -> str:
    """Text that `parse_yaml` reads back as ``data``, in the order of its keys."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


class _Reader:
    """Turns PyYAML's nodes into trees, collecting what is not allowed."""

    def __init__(self, name: str, problems: Problems, has_lines: bool) -> None:
        self._name = name
        self._problems = problems
        self._has_lines = has_lines
        self._open: set[int] = set()
        self._count = 0
        self._seen: set[int] = set()

    def tree(self, node: yaml.Node, path: str, key: yaml.Node | None) -> Tree:
        mark = self._mark(node)
        key_mark = self._mark(key) if key is not None else mark
        self._count += 1
        self._seen.add(id(node))
        message = self._refused(node)
        if message is not None:
            self._problems.add(mark, path, message)
            return Tree(None, mark, key_mark, broken=True)
        self._open.add(id(node))
        try:
            value = self._value(node, path)
        except _NotAllowedError as error:
            self._problems.add(mark, path, str(error), value=error.value, accepted=error.accepted)
            return Tree(None, mark, key_mark, broken=True)
        finally:
            self._open.discard(id(node))
        return Tree(value, mark, key_mark)

    def _refused(self, node: yaml.Node) -> str | None:
        if id(node) in self._open:
            return "an anchor contains itself"
        if len(self._open) >= _DEEPEST:
            return "nested too deeply"
        too_many = self._count > _MOST_NODES or self._count - len(self._seen) > _MOST_REPEATED
        return "too many values" if too_many else None

    def _mark(self, node: yaml.Node) -> Mark:
        if not self._has_lines:
            return Mark(self._name)
        return Mark(self._name, node.start_mark.line + 1, node.start_mark.column + 1)

    def _value(self, node: yaml.Node, path: str) -> Any:
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.tree(child, f"{path}[{i}]", None) for i, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        raise _NotAllowedError(node.tag)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Tree]:
        own: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged = {**self._merge(value_node, path), **merged}
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._problems.add(self._mark(key_node), path, "a key must be a single word or text")
                continue
            key = key_node.value
            child_path = f"{path}.{key}" if path else key
            if key in own:
                message = f"given twice; the first is on line {own[key].key_mark.line}"
                self._problems.add(self._mark(key_node), child_path, message, value=key)
                continue
            own[key] = self.tree(value_node, child_path, key_node)
        return {**merged, **own}

    def _merge(self, node: yaml.Node, path: str) -> dict[str, Tree]:
        """Keys taken over by ``<<``; of several sources, the earlier wins."""
        if isinstance(node, yaml.MappingNode):
            return dict(self.tree(node, path, None).items())
        if isinstance(node, yaml.SequenceNode):
            merged: dict[str, Tree] = {}
            for source in node.value:
                merged = {**self._merge(source, path), **merged}
            return merged
        self._problems.add(self._mark(node), path, "<< takes a mapping or a list of mappings")
        return {}


class _NotAllowedError(Exception):
    """A tag that makes more than a plain value."""

    accepted = "plain values, lists and mappings without tags"

    def __init__(self, tag: str) -> None:
        self.value = tag.replace(_TAG, "!!")
        super().__init__(f"the tag {self.value} is not allowed")


def _scalar(node: yaml.ScalarNode) -> Scalar:
    kind = node.tag.removeprefix(_TAG)
    text: str = node.value
    match kind:
        case "str" | "merge":
            return text
        case "null":
            return None
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "int" if re.fullmatch(r"[-+]?[0-9]+", text):
            return int(text)
        case "float":
            try:
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            except ValueError:
                raise _NotAllowedError(node.tag) from None
    raise _NotAllowedError(node.tag)
