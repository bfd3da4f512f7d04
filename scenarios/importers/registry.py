"""Formats by name; a module of this package that declares one makes it known.

A format is one function that brings a file into the common form of `scenarios.importers.rows`; matching,
calibration and writing are the same for all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scenarios.errors import Mark, Problems, ScenarioError
from scenarios.importers.options import ImportOptions
from scenarios.importers.rows import Rows


class Reader(Protocol):
    """What a format must provide."""

    def __call__(self, file: Path, options: ImportOptions) -> Rows:
        """Every row of ``file``, each with its class; `ScenarioError` with all problems if it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing orders down that can be imported."""

    name: str
    summary: str
    read: Reader


_FORMATS: dict[str, Format] = {}


def importer(name: str) -> Callable[[Reader], Reader]:
    """Function decorator: ``name`` is how the command line calls this format."""

    def register(read: Reader) -> Reader:
        if name in _FORMATS and _FORMATS[name].read is not read:
            raise ValueError(f"two formats are called {name!r}")
        _FORMATS[name] = Format(name, (read.__doc__ or name).strip().splitlines()[0], read)
        return read

    return register


def formats() -> dict[str, Format]:
    """All known formats, by name."""
    package = importlib.import_module("scenarios.importers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"scenarios.importers.{module.name}")
    return dict(sorted(_FORMATS.items()))


def format_named(name: str) -> Format:
    """The format of that name.

    Raises
    ------
    ScenarioError
        If there is none; it names the nearest.
    """
    known = formats()
    if name in known:
        return known[name]
    problems = Problems()
    problems.add(
        Mark("--format"),
        "",
        f"no format is called {name!r}",
        value=name,
        accepted=f"one of {', '.join(known)}",
        known=known,
    )
    raise ScenarioError(problems)
