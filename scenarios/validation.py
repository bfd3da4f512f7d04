"""The schema applied to a tree, with each fault told where it stands in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import ValidationError

from scenarios.errors import Problems, listed, shown
from scenarios.fields import Section
from scenarios.merging import COLLECTIONS, named
from scenarios.schema.scenario import Scenario
from scenarios.yaml_source import Tree

_ACCEPTED = {
    "list_type": "a list (named things may also be a mapping by name)",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "too_short": "at least one entry",
}

Location = tuple[int | str, ...]


def validate(tree: Tree, problems: Problems) -> Scenario | None:
    """The scenario, or None if it does not fit its schema; what does not fit goes to ``problems``."""
    plain = {key: value for key, value in tree.plain().items() if not key.startswith("x-")}
    try:
        return Scenario.model_validate(plain)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        for fault in faults:
            _report(tree, fault["loc"], fault["type"], fault.get("ctx", {}), problems)
        _report_missing(tree, [fault["loc"] for fault in faults if fault["type"] == "missing"], problems)
        return None


def _report(tree: Tree, location: Location, kind: str, context: dict[str, Any], problems: Problems) -> None:
    found, key, path = _locate(tree, location)
    if found is None or kind == "missing":
        return
    if kind == "extra_forbidden":
        known = _keys_at(path[:-1])
        accepted = listed(known, limit=24)
        problems.add(found.key_mark, key, "unknown key", value=path[-1], known=known, accepted=accepted)
    else:
        whole = found.is_mapping or found.is_list
        value = None if whole else found.value
        message = "does not fit" if whole else f"{shown(value)} does not fit"
        mark = found.key_mark if whole else found.mark
        accepted = context.get("accepted") or _ACCEPTED.get(kind, kind.replace("_", " "))
        problems.add(mark, key, message, value=value, accepted=accepted, known=context.get("choices") or None)


def _report_missing(tree: Tree, locations: Iterable[Location], problems: Problems) -> None:
    """Report keys that are missing, but not those that were only misspelt: that was said already."""
    misspelt = {(str(p.mark), p.suggestion) for p in problems if p.message == "unknown key"}
    for location in locations:
        found, key, _ = _locate(tree, location)
        missing = str(location[-1])
        if found is None or _is_broken(found, missing):
            continue
        if not any((str(item.key_mark), missing) in misspelt for _, item in found.items()):
            problems.add(found.key_mark, f"{key}.{missing}" if key else missing, "is missing")


def _is_broken(tree: Tree, key: str) -> bool:
    return tree.is_mapping and key in tree.value and tree.value[key].broken


def _locate(tree: Tree, location: Location) -> tuple[Tree | None, str, list[str]]:
    """What stands at pydantic's location, how a user would call the place, and the keys that lead to it.

    Steps that are not in the tree are tags of a union, or the name of a key that is missing.
    """
    current, key, path = tree, "", list[str]()
    for step in location:
        if current.is_mapping and str(step) in current.value:
            current = current.value[str(step)]
            key = f"{key}.{step}" if key else str(step)
            path.append(str(step))
        elif current.is_list and isinstance(step, int) and step < len(current.value):
            current = current.value[step]
            id_key = COLLECTIONS.get(tuple(path))
            name = named(current, id_key) if id_key else None
            key = f"{key}.{name}" if name is not None else f"{key}[{step}]"
            path.append("*")
        if current.broken:
            return None, key, path
    return current, key, path


def _keys_at(path: Iterable[str]) -> list[str]:
    """The keys that the schema knows at a place."""
    sections: list[type[Section]] = [Scenario]
    for step in path:
        annotations = [
            field.annotation
            for section in sections
            for name, field in section.model_fields.items()
            if step in (name, field.alias)
        ]
        if annotations:  # a step into a list or a mapping by name changes nothing: same sections
            sections = [inner for annotation in annotations for inner in _sections(annotation)]
    return list(
        dict.fromkeys(field.alias or name for section in sections for name, field in section.model_fields.items())
    )


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """The schema's sections inside an annotation such as ``list[NodeSpec] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
