"""The scenario that an import is laid over."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.errors import Mark, Problems
from scenarios.library import library_paths
from scenarios.merging import COLLECTIONS, named
from scenarios.sources import source_tree
from scenarios.yaml_source import Tree

DEFAULT_CURRENCY = "USD"
DEFAULT_ENTITY = "company"


class Template:
    """What an import must know of its template: the names of its things, and its currency.

    Parameters
    ----------
    name : str
        A scenario of the library, or a file.

    Raises
    ------
    ScenarioError
        If there is no such scenario or it cannot be read.
    """

    def __init__(self, name: str) -> None:
        problems = Problems()
        found = source_tree(name, problems)
        problems.raise_if_any()
        self.name = name
        self._path, self._tree = found or (Path(name), Tree(None, Mark(name), Mark(name)))

    def reference(self, folder: Path) -> str:
        """How a scenario in ``folder`` names it in its ``extends``."""
        if self.name in library_paths():
            return self.name
        return Path(os.path.relpath(self._path, folder)).as_posix()

    def names(self, section: str) -> tuple[str, ...]:
        """Names of the things in a collection, in its order."""
        collection = self._tree.get(section)
        if collection is None:
            return ()
        found = (named(entry, COLLECTIONS[(section,)]) for entry in collection.entries())
        return tuple(name for name in found if name is not None)

    def suppliers(self, chosen: tuple[str, ...]) -> tuple[str, ...]:
        """The ``chosen`` suppliers, or all if none was chosen; `ScenarioError` if it has no such supplier."""
        known = self.names("suppliers")
        problems = Problems()
        for name in chosen:
            if name not in known:
                message = f"template {self.name!r} has no supplier {name!r}"
                accepted = f"some of {', '.join(known)}"
                problems.add(Mark("options"), "suppliers", message, value=name, accepted=accepted, known=known)
        problems.raise_if_any()
        return chosen or known

    @property
    def entity(self) -> str:
        """The legal entity that everything belongs to unless it says otherwise: the first."""
        return next(iter(self.names("entities")), DEFAULT_ENTITY)

    @property
    def currency(self) -> str:
        """The first legal entity's currency."""
        entities = self._tree.get("entities")
        for entry in entities.entries() if entities is not None else []:
            currency = entry.get("currency")
            return DEFAULT_CURRENCY if currency is None else str(currency.value)
        return DEFAULT_CURRENCY
