"""Changes from outside a scenario file: named overrides, ``--set key=value`` and ``--policy decision=name``.

A key is a path of names with dots between them. An entry of a collection is addressed by its name
(``channels.web.orders_per_day``, ``products.SKU-1.price``), an entry of another list by its position from
0 (``nodes.ATL.shifts.0.pick``). A name with a dot in it is put in quotes: ``regions."St. Louis".population``.
A mapping is laid over what is there, as in files. A whole entry may be given under a new name, or removed
with null: ``disruptions.sale=null``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scenarios.errors import Mark, Problems, listed
from scenarios.merging import COLLECTIONS, canonical, merge, named
from scenarios.yaml_source import Tree, parse_yaml

_STEP = re.compile(r'"([^"]*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Change:
    """One value to be put at one place."""

    path: tuple[str, ...]
    value: Tree

    @property
    def key(self) -> str:
        """The path as it is written."""
        return ".".join(f'"{step}"' if "." in step else step for step in self.path)


def parse_set(text: str, problems: Problems) -> Change | None:
    """``channels.web.orders_per_day=5000`` as a change; the value is read as YAML."""
    mark = Mark(f"--set {text}")
    key, equals, value = text.partition("=")
    path = split_key(key.strip())
    if not equals or path is None:
        problems.add(mark, "", "does not fit", value=text, accepted="key=value, such as horizon.end=2d")
        return None
    if not value.strip():
        return Change(path, Tree(None, mark, mark))
    tree = parse_yaml(value, mark.file, problems, has_lines=False)
    return None if tree is None else Change(path, tree)


def parse_policy(text: str, problems: Problems) -> Change | None:
    """``allocation=closest`` or ``allocation=closest:a=3,b=2h`` as a change of the policies."""
    mark = Mark(f"--policy {text}")
    decision, equals, choice = text.partition("=")
    name, _, parameters = choice.partition(":")
    if not equals or not decision.strip() or not name.strip():
        accepted = "decision=name or decision=name:parameter=value,..., such as allocation=closest"
        problems.add(mark, "", "does not fit", value=text, accepted=accepted)
        return None
    chosen = {"name": Tree(name.strip(), mark, mark), "parameters": Tree({}, mark, mark)}
    for item in _split_outside(parameters):
        key, equals, value = item.partition("=")
        tree = parse_yaml(value, mark.file, problems, has_lines=False) if equals and value else None
        if tree is None:
            problems.add(mark, "", f"{item!r} does not fit", value=item, accepted="parameter=value")
            return None
        chosen["parameters"].value[key.strip()] = tree
    return Change(("policies", decision.strip()), Tree(chosen, mark, mark))


def parse_policies(texts: Sequence[str], problems: Problems) -> list[Change]:
    """What `parse_policy` makes of each; which of two for one decision is meant, nobody knows."""
    changes: dict[tuple[str, ...], Change] = {}
    for text in texts:
        change = parse_policy(text, problems)
        if change is None:
            continue
        if change.path in changes:
            message = f"is chosen by {changes[change.path].value.key_mark.file!r} already"
            problems.add(change.value.key_mark, change.key, message, accepted="one policy each")
        changes[change.path] = change
    return list(changes.values())


def split_key(key: str) -> tuple[str, ...] | None:
    """The steps of a dotted key, or None if it is not one."""
    steps, position = list[str](), 0
    while position < len(key):
        match = _STEP.match(key, position)
        if match is None:
            return None
        steps.append((match[1] if match[1] is not None else match[2]).strip())
        position = match.end()
        if position < len(key):
            if key[position] != ".":
                return None
            position += 1
            if position == len(key):
                return None
    return tuple(steps) if steps and all(steps) else None


def chosen_changes(tree: Tree, chosen: Iterable[str], problems: Problems) -> list[Change]:
    """The changes of the overrides in ``use`` and of those ``chosen`` besides; conflicts are reported."""
    available = tree.get("overrides")
    sets = dict(available.items()) if available is not None else {}
    use = tree.get("use")
    wanted = [(str(item.value), item.mark) for item in (use.entries() if use is not None else ())]
    wanted += [(name, Mark(f"override {name}")) for name in chosen]
    found: dict[tuple[str, ...], tuple[str, Change]] = {}
    for name, mark in dict(wanted).items():
        if name not in sets:
            problems.add(
                mark,
                "use",
                f"there is no override {name!r}",
                value=name,
                known=sets,
                accepted=listed(sets) or "none: the scenario has no overrides",
            )
            continue
        for change in _changes(name, sets[name], problems):
            _report_conflict(name, change, found, problems)
            found[change.path] = (name, change)
    return [change for _, change in found.values()]


def _changes(name: str, tree: Tree, problems: Problems) -> list[Change]:
    if tree.broken:
        return []
    if not tree.is_mapping:
        problems.add(tree.mark, f"overrides.{name}", "does not fit", accepted="a mapping from dotted keys to values")
        return []
    found = []
    for key, item in tree.items():
        path = split_key(key)
        if path is None:
            accepted = "a dotted key such as channels.web.orders_per_day"
            problems.add(item.key_mark, f"overrides.{name}", f"{key!r} does not fit", value=key, accepted=accepted)
        elif not item.broken:
            found.append(Change(path, item))
    return found


def _report_conflict(
    name: str, change: Change, found: dict[tuple[str, ...], tuple[str, Change]], problems: Problems
) -> None:
    """Two overrides may say the same, but not different things of one key or of what contains it."""
    for path, (other, earlier) in found.items():
        shorter = min(len(path), len(change.path))
        if other == name or path[:shorter] != change.path[:shorter]:
            continue
        if path == change.path and earlier.value.plain() == change.value.plain():
            continue
        mark = earlier.value.key_mark
        problems.add(
            change.value.key_mark,
            f"overrides.{name}.{change.key}",
            f"conflicts with override {other!r} ({mark})",
            value=change.value.plain(),
            accepted="overrides that agree, or only one of the two",
        )


def apply_changes(tree: Tree, changes: Sequence[Change], problems: Problems) -> Tree:
    """The tree with each change put in its place, one after another."""
    for change in changes:
        changed = _put(tree, change, 0, (), problems)
        tree = tree if changed is None else changed
    return tree


def _put(tree: Tree, change: Change, depth: int, pattern: tuple[str, ...], problems: Problems) -> Tree | None:
    """The tree below ``depth`` steps of the path, changed; None if the path leads nowhere."""
    if depth == len(change.path):
        return merge(tree, canonical(change.value, problems, pattern), pattern)
    step = change.path[depth]
    if tree.is_list:
        return _put_in_list(tree, step, change, depth, pattern, problems)
    mark = change.value.key_mark
    inside = dict(tree.items()) if tree.is_mapping else {}
    if tree.value is not None and not tree.is_mapping:
        problems.add(mark, change.key, f"{'.'.join(change.path[:depth])} is a value and has no key {step!r}")
        return None
    empty = list[Tree]() if (*pattern, step) in COLLECTIONS else None
    child = inside.get(step, Tree(empty, mark, mark))
    changed = _put(child, change, depth + 1, (*pattern, step), problems)
    if changed is None:
        return None
    inside[step] = Tree(changed.value, changed.mark, mark, changed.broken)
    return tree.with_value(inside)


def _put_in_list(
    tree: Tree, step: str, change: Change, depth: int, pattern: tuple[str, ...], problems: Problems
) -> Tree | None:
    id_key = COLLECTIONS.get(pattern)
    entries = list(tree.entries())
    known = [name for entry in entries if id_key and (name := named(entry, id_key)) is not None]
    position = known.index(step) if step in known and len(known) == len(entries) else None
    if position is None and step.isdigit() and int(step) < len(entries):
        position = int(step)
    is_last = depth == len(change.path) - 1
    if position is None and is_last and id_key and change.value.is_mapping:
        added = canonical(Tree({step: change.value}, tree.mark, tree.key_mark), problems, pattern)
        return tree.with_value([*entries, *added.entries()])
    if position is not None and is_last and change.value.value is None:
        return tree.with_value(entries[:position] + entries[position + 1 :])
    if position is None:
        accepted = listed(known) or f"a position from 0 to {len(entries) - 1}"
        where = ".".join(change.path[:depth])
        problems.add(
            change.value.key_mark,
            change.key,
            f"{where} has no entry {step!r}",
            value=step,
            known=known,
            accepted=accepted,
        )
        return None
    changed = _put(entries[position], change, depth + 1, (*pattern, "*"), problems)
    if changed is None:
        return None
    entries[position] = changed
    return tree.with_value(entries)


def _split_outside(text: str) -> list[str]:
    """Parts of a text between commas that stand outside brackets."""
    parts, depth, start = list[str](), 0, 0
    for position, character in enumerate(text):
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part for part in [*parts, text[start:]] if part.strip()]
