"""Every scenario of the library has a page that says what its file says, has figures, and tells how to read them."""

from __future__ import annotations

import pytest

from benchmarks.scenario_pages import FIGURES, PAGES, SAYS, Study, head, index, studies
from scenarios.library import library_paths
from sim.measures.registry import measures

RENEW = "run python benchmarks/scenario_pages.py --heads"


@pytest.mark.parametrize("name", library_paths())
def test_a_page_says_what_the_file_says(name: str):
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")

    assert text[: text.index(FIGURES)].strip() == head(name), RENEW


@pytest.mark.parametrize("name", library_paths())
def test_a_page_has_figures_and_tells_how_to_read_them(name: str):
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    figures, says = text[text.index(FIGURES) :].split(SAYS)

    assert "|---" in figures, f"run python benchmarks/scenario_pages.py {name}"
    assert len(says.split()) > 25


def test_the_index_lists_them_all():
    assert (PAGES / "README.md").read_text(encoding="utf-8") == index(), RENEW


@pytest.mark.parametrize(("name", "study"), studies().items())
def test_a_study_asks_for_measures_that_there_are(name: str, study: Study):
    assert name in library_paths()
    assert set(study.measures) <= set(measures())
