"""Pages from templates: one file each, with nothing outside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that stands out, with what it is."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A figure with its heading and a sentence that says what to see in it."""

    id: str
    title: str
    text: str
    svg: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``numbers`` are the positions of columns that stand to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


def render(template: str, page: Any) -> str:
    """The HTML of ``page``; the same page gives the same bytes."""
    return _environment().get_template(template).render(page=page)


def write_page(file: Path, html: str) -> None:
    """Write a page; a reader never sees half of one."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(html, encoding="utf-8")
    partial.replace(file)


def program() -> str:
    """Name and version, for the foot of a page."""
    try:
        return f"Peakproof {version('peakproof')}"
    except PackageNotFoundError:  # run from a copy that is not installed
        return "Peakproof"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
