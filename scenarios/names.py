"""Names at the edges, indices inside: what is called what, and references to what does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scenarios.errors import Mark, Problems, listed
from scenarios.merging import COLLECTIONS, named
from scenarios.yaml_source import Tree

KEYS = "<keys>"
"""In a pattern: the keys of a mapping are themselves names."""

_KINDS = {
    "entity": "entities",
    "category": "categories",
    "product": "products",
    "region": "regions",
    "node": "nodes",
    "carrier": "carriers",
    "supplier": "suppliers",
    "channel": "channels",
    "segment": "segments",
    "desk": "desks",
    "interface": "messages",
}
_DEFAULTS = {"entity": "company", "category": "all", "segment": "everyone", "desk": "order desk"}

_REFERENCES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("products", "*", "category"), "category"),
    (("products", "*", "supplier"), "supplier"),
    (("products", "*", "substitutes", "*"), "product"),
    (("products", "generate", "categories", KEYS), "category"),
    (("products", "generate", "categories", "*", "suppliers", "*"), "supplier"),
    (("nodes", "*", "entity"), "entity"),
    (("suppliers", "*", "alternates", "*"), "supplier"),
    (("suppliers", "*", "second_source", "supplier"), "supplier"),
    (("nodes", "*", "place"), "region"),
    (("nodes", "*", "serves_channels", "*"), "channel"),
    (("carriers", "*", "services", "*", "serves_nodes", "*"), "node"),
    (("carriers", "*", "services", "*", "remote", "regions", "*"), "region"),
    (("segments", "*", "region_weights", KEYS), "region"),
    (("channels", "*", "entity"), "entity"),
    (("channels", "*", "segment"), "segment"),
    (("channels", "*", "category_weights", KEYS), "category"),
    (("channels", "*", "contracts", "*", "node"), "node"),
    (("channels", "*", "contracts", "*", "prices", "*", "sku"), "product"),
    (("channels", "*", "contracts", "*", "prices", "*", "category"), "category"),
    (("borders", "*", "regions", "*"), "region"),
    (("borders", "*", "nodes", "*"), "node"),
    (("handling_units", "channels", "*"), "channel"),
    (("handling_units", "categories", KEYS), "category"),
    (("handling_units", "products", KEYS), "product"),
    (("lanes", "*", "from"), "node"),
    (("workflow", "*", "then", "force_node"), "node"),
    (("workflow", "*", "then", "merge"), "node"),
    (("desks", "*", "escalates_to"), "desk"),
    (("alerts", "*", "node"), "node"),
    (("fallbacks", "stock_sync", "channels", "*"), "channel"),
    (("returns", "node"), "node"),
    (("manual_overrides", "*", "then", "force_node"), "node"),
    (("messages", "*", "channels", "*"), "channel"),
    (("messages", "*", "nodes", "*"), "node"),
    (("stock", "node_shares", KEYS), "node"),
    (("stock", "carries", KEYS), "node"),
    (("stock", "carries", "*", "categories", "*"), "category"),
)


class Names:
    """The position of every named thing, by kind; a kind whose names are not known accepts any."""

    def __init__(self, known: Mapping[str, Sequence[str] | None]) -> None:
        self._known = {
            kind: None if names is None else {name: index for index, name in enumerate(names)}
            for kind, names in known.items()
        }

    def of(self, kind: str) -> dict[str, int] | None:
        """Name -> position, or None if the names of this kind could not be read."""
        return self._known.get(kind)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of things that have names."""
        return tuple(self._known)

    def index(self, kind: str, name: str) -> int:
        """The position of what is called ``name``; only for names that were checked."""
        return (self._known[kind] or {})[name]

    def check(self, kind: str, name: object, mark: Mark, key: str, problems: Problems) -> int | None:
        """The position of ``name``, or None and a problem if nothing is called that."""
        known = self._known.get(kind)
        if known is None:
            return None
        if str(name) in known:
            return known[str(name)]
        accepted = listed(known) or f"none: the scenario has no {_KINDS.get(kind, kind)}"
        problems.add(mark, key, f"there is no {kind} {name!r}", value=name, accepted=accepted, known=known)
        return None


def names_of(tree: Tree, skus: Sequence[str] | None, regions: Sequence[str] | None) -> Names:
    """All names of a scenario; ``skus`` and ``regions`` may come from tables (None: unreadable)."""
    known: dict[str, Sequence[str] | None] = {kind: _listed_names(tree, kind) for kind in _KINDS}
    known["product"] = skus
    known["region"] = regions
    known["service"] = service_names(tree)
    return Names(known)


def service_names(tree: Tree) -> list[str]:
    """``carrier/service`` for every service, in order."""
    return [
        f"{named(carrier, 'name')}/{named(service, 'name')}"
        for carrier in _entries(tree, "carriers")
        for service in _entries(carrier, "services")
    ]


def _listed_names(tree: Tree, kind: str) -> list[str] | None:
    collection = tree.get(_KINDS[kind])
    if collection is None or not collection.is_list:
        return [_DEFAULTS[kind]] if kind in _DEFAULTS and _KINDS[kind] not in tree.value else None
    id_key = COLLECTIONS[(_KINDS[kind],)]
    found = [named(entry, id_key) for entry in collection.entries()]
    return [name for name in found if name is not None]


def _entries(tree: Tree, key: str) -> list[Tree]:
    found = tree.get(key)
    return [] if found is None else found.entries()


def check_references(tree: Tree, names: Names, problems: Problems) -> None:
    """Report every reference to something that does not exist."""
    for pattern, kind in _REFERENCES:
        for name, mark, key in references(tree, pattern):
            names.check(kind, name, mark, key, problems)
    for number, lane in enumerate(_entries(tree, "lanes")):
        end = lane.get("to")
        if end is not None:
            kind = "region" if lane.get("miles") is not None else "node"
            names.check(kind, end.value, end.mark, f"lanes[{number}].to", problems)


def references(tree: Tree, pattern: tuple[str, ...], key: str = "") -> Iterator[tuple[object, Mark, str]]:
    """Every scalar (or key, for `KEYS`) that stands where the pattern points: its value, place and path."""
    if tree.broken:
        return
    if not pattern:
        if tree.value is not None and not tree.is_mapping and not tree.is_list:
            yield tree.value, tree.mark, key
        return
    step, rest = pattern[0], pattern[1:]
    if step == KEYS:
        for name, item in tree.items():
            yield name, item.key_mark, f"{key}.{name}"
    elif step == "*":
        for name, item in _children(tree):
            yield from references(item, rest, f"{key}{name}")
    elif tree.is_mapping and step in tree.value:
        yield from references(tree.value[step], rest, f"{key}.{step}" if key else step)


def _children(tree: Tree) -> Iterator[tuple[str, Tree]]:
    for index, item in enumerate(tree.entries()):
        name = named(item, "sku") or named(item, "name") if item.is_mapping else None
        yield (f".{name}" if name else f"[{index}]"), item
    for name, item in tree.items():
        yield f".{name}", item
