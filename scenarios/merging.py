"""Collections in one form, and one scenario laid over another."""

from __future__ import annotations

from scenarios.errors import Mark, Problems, shown
from scenarios.random_quantities import DISTRIBUTION_NAMES
from scenarios.yaml_source import Tree

Path = tuple[str, ...]

COLLECTIONS: dict[Path, str] = {
    ("entities",): "name",
    ("categories",): "name",
    ("products",): "sku",
    ("regions",): "name",
    ("nodes",): "name",
    ("carriers",): "name",
    ("carriers", "*", "services"): "name",
    ("suppliers",): "name",
    ("channels",): "name",
    ("channels", "*", "payments"): "kind",
    ("channels", "*", "contracts"): "name",
    ("segments",): "name",
    ("disruptions",): "name",
    ("desks",): "name",
    ("borders",): "name",
    ("workflow",): "name",
    ("alerts",): "name",
    ("messages",): "name",
    ("manual_overrides",): "name",
    ("rules", "breaches"): "state",
    ("fraud", "risks"): "name",
    ("fraud", "rules"): "name",
}
"""Where named things are kept, and which of their keys is the name."""

FORMS = ("table", "generate")
"""Keys that make ``products`` or ``regions`` something else than a collection."""

_REMOVED = "\0removed"


def named(tree: Tree, id_key: str) -> str | None:
    """The name of an entry of a collection, or None if it has none that can be read."""
    found = tree.get(id_key)
    if found is None or isinstance(found.value, (dict, list, bool)) or found.value is None:
        return None
    return str(found.value)


def canonical(tree: Tree, problems: Problems, path: Path = ()) -> Tree:
    """The tree with each collection as a list of entries that bear their names; duplicates are reported."""
    if tree.broken:
        return tree
    id_key = COLLECTIONS.get(path)
    if id_key is not None and tree.is_mapping and not any(form in tree.value for form in FORMS):
        tree = tree.with_value([_entry(name, item, id_key, path, problems) for name, item in tree.items()])
    elif id_key is not None and tree.is_list:
        _report_duplicates(tree, id_key, path, problems)
    if tree.is_mapping:
        return tree.with_value({key: canonical(item, problems, (*path, key)) for key, item in tree.items()})
    if tree.is_list and id_key is not None:
        return tree.with_value([canonical(item, problems, (*path, "*")) for item in tree.value])
    return tree


def _entry(name: str, item: Tree, id_key: str, path: Path, problems: Problems) -> Tree:
    own_name = Tree(name, item.key_mark, item.key_mark)
    if item.broken:
        return item
    if item.value is None:
        return item.with_value({id_key: own_name, _REMOVED: own_name})
    if not item.is_mapping:
        key = ".".join((*path, name))
        problems.add(item.mark, key, f"{shown(item.value)} does not fit", value=item.value, accepted="a mapping")
        return Tree(None, item.mark, item.key_mark, broken=True)
    if id_key in item.value and named(item, id_key) != name:
        key = ".".join((*path, name, id_key))
        problems.add(item.value[id_key].mark, key, f"its {id_key} is already {name!r}")
    return item.with_value({id_key: own_name, **{k: v for k, v in item.items() if k != id_key}})


def _report_duplicates(tree: Tree, id_key: str, path: Path, problems: Problems) -> None:
    first: dict[str, Mark] = {}
    for item in tree.entries():
        name = named(item, id_key)
        if name is None:
            continue
        mark = item.value[id_key].mark
        if name in first:
            message = f"{id_key} {name!r} is given twice; the first is on line {first[name].line}"
            problems.add(mark, ".".join((*path, name)), message, value=name)
        first.setdefault(name, mark)


def merge(base: Tree, over: Tree, path: Path = ()) -> Tree:
    """``over`` laid over ``base``, both canonical."""
    if base.broken or over.broken:
        return over
    if base.is_mapping and over.is_mapping and not _replaces(base, over):
        merged = dict(base.items())
        for key, item in over.items():
            merged[key] = merge(merged[key], item, (*path, key)) if key in merged else item
        return over.with_value(merged)
    id_key = COLLECTIONS.get(path)
    if id_key is not None and base.is_list and over.is_list and _all_named(base, over, id_key):
        return over.with_value(_merged_entries(base, over, id_key, path))
    return over


def _replaces(base: Tree, over: Tree) -> bool:
    """Whether ``over`` is another choice, of which the keys of ``base`` are no part."""
    if any(key in DISTRIBUTION_NAMES for key in over.value):
        return True
    if {key for key in FORMS if key in base.value} != {key for key in FORMS if key in over.value}:
        return "generate" in base.value or "generate" in over.value
    both_named = "parameters" in base.value or "parameters" in over.value
    return both_named and named(base, "name") != named(over, "name")


def _all_named(base: Tree, over: Tree, id_key: str) -> bool:
    return all(named(item, id_key) is not None for item in [*base.entries(), *over.entries()])


def _merged_entries(base: Tree, over: Tree, id_key: str, path: Path) -> list[Tree]:
    merged = {str(named(item, id_key)): item for item in base.entries()}
    for item in over.entries():
        name = str(named(item, id_key))
        if item.get(_REMOVED) is not None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged[name], item, (*path, "*")) if name in merged else item
    return list(merged.values())


def without_removed(tree: Tree, problems: Problems, path: Path = ()) -> Tree:
    """The tree without names that stand for nothing: there was no such thing to remove."""
    if tree.is_mapping:
        return tree.with_value({key: without_removed(item, problems, (*path, key)) for key, item in tree.items()})
    if not tree.is_list or path not in COLLECTIONS:
        return tree
    kept = []
    for item in tree.entries():
        if item.get(_REMOVED) is not None:
            name = item.value[_REMOVED].value
            key = ".".join((*path, name))
            problems.add(item.mark, key, "has no keys, and there is nothing of that name to remove", value=name)
        else:
            kept.append(without_removed(item, problems, (*path, "*")))
    return tree.with_value(kept)
