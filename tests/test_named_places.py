"""Modules, files and headings that documents and docstrings name are there: what moves takes its mentions along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_house import ROOT, project_files

FLOORS = "sim|optimize|scenarios|reports|peakproof"
MODULE = re.compile(rf"`((?:{FLOORS})(?:\.\w+)+)")
FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|yaml|csv|toml))\b")
LINK = re.compile(r"\]\(([^)\s:]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
WRITTEN = ("runs/", "my-shop/")
"""Folders that commands write."""

TEXTS = {path: path.read_text(encoding="utf-8") for path in project_files() if path.suffix in (".py", ".md")}
# The history tells of earlier days; tests of documents make places up.
TOLD = [path for path in TEXTS if path.name not in ("CHANGELOG.md", "test_capabilities.py", Path(__file__).name)]
PAGES = [path for path in TEXTS if path.suffix == ".md"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_there(dotted: str) -> bool:
    """Whether a module has that name, or says the rest of it."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:count])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file in TEXTS:
                return all(re.search(rf"\b{part}\b", TEXTS[file]) for part in parts[count:])
    return False


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked by."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(TEXTS[page]))
    return {word.strip().replace(" ", "-") for word in words}


def test_modules_that_are_named_are_there():
    lost = [(name(path), dotted) for path in TOLD for dotted in MODULE.findall(TEXTS[path]) if not is_there(dotted)]

    assert [] == lost


def test_files_that_are_named_are_there():
    named = [(path, file) for path in TOLD for file in FILE.findall(TEXTS[path]) if not file.startswith(WRITTEN)]
    lost = [
        (name(path), file)
        for path, file in named
        if not any((root / file).exists() for root in (ROOT, ROOT / "sim", path.parent))
    ]

    assert [] == lost


def test_links_lead_somewhere():
    lost = []
    for page in PAGES:
        for link in LINK.findall(TEXTS[page]):
            file, _, anchor = link.partition("#")
            target = (page.parent / file).resolve() if file else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                lost.append((name(page), link))

    assert [] == lost


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [("sim.books.kinds", True), ("sim.books.kinds.NUMBER", True), ("sim.books.kins", False), ("sim.run.Walk", False)],
)
def test_a_name_of_nothing_is_noticed(dotted: str, expected: bool):
    assert expected == is_there(dotted)
