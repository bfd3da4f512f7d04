"""What every measure and every breakdown owes, whoever wrote it: a new one is picked up by itself."""

from __future__ import annotations

import math
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from sim.measures.registry import (
    UNITS,
    UnknownMeasureError,
    breakdown,
    breakdowns,
    compute,
    measure,
    measures,
    split,
)
from sim.run import Run

ROOT = Path(__file__).resolve().parents[2]
MEASURES = measures()
BREAKDOWNS = breakdowns()

each_measure = pytest.mark.parametrize("name", MEASURES)
each_breakdown = pytest.mark.parametrize("name", BREAKDOWNS)


@each_measure
def test_a_measure_says_what_it_is(name: str):
    declared = MEASURES[name]

    assert declared.title
    assert declared.unit in UNITS
    assert declared.better in ("higher", "lower")
    assert declared.definition.endswith(".")
    assert name.endswith(("_cents", "_hours")) == (declared.unit in ("cents", "hours"))


@each_measure
def test_a_measure_gives_a_number_on_an_ordinary_run(name: str, ordinary_run: Run):
    value = MEASURES[name](ordinary_run.books)

    assert isinstance(value, float)
    assert math.isfinite(value)


@each_measure
def test_a_measure_gives_what_it_documents_on_an_empty_run(name: str, empty_run: Run):
    """Its definition speaks of 0 for an empty run, or of NaN."""
    value = MEASURES[name](empty_run.books)

    if "0 on an empty run" in MEASURES[name].definition:
        assert 0.0 == value
    else:
        assert "NaN" in MEASURES[name].definition
        assert math.isnan(value)


@each_measure
def test_a_share_lies_between_0_and_1(name: str, ordinary_run: Run, busy_run: Run):
    if MEASURES[name].unit == "share":
        values = [MEASURES[name](run.books) for run in (ordinary_run, busy_run)]
        assert [True, True] == [math.isnan(value) or 0 <= value <= 1 for value in values]


@pytest.mark.parametrize("kind", ["ordinary_run", "busy_run"])
@each_breakdown
def test_a_breakdown_adds_up_to_its_measure(name: str, kind: str, request: pytest.FixtureRequest):
    books = request.getfixturevalue(kind).books
    parts, whole = BREAKDOWNS[name](books), MEASURES[BREAKDOWNS[name].of](books)

    assert parts.columns[0] == BREAKDOWNS[name].by
    assert parts[BREAKDOWNS[name].by].is_unique
    if "denominator" in parts:
        covered = parts["denominator"].sum()
        assert whole == pytest.approx(parts["numerator"].sum() / covered if covered else math.nan, nan_ok=True)
    else:
        assert whole == pytest.approx(parts["value"].sum())


@each_breakdown
def test_a_breakdown_of_an_empty_run_is_empty(name: str, empty_run: Run):
    assert BREAKDOWNS[name](empty_run.books).empty


def test_measuring_leaves_the_books_alone(ordinary_run: Run):
    def state() -> dict[str, object]:
        files = {p.name: sha256(p.read_bytes()).hexdigest() for p in ordinary_run.folder.iterdir()}
        views = {book: ordinary_run.sql(f"SELECT * FROM {book}").to_csv() for book in ("events", "journal", "ledger")}
        return {**files, **views}

    before = state()
    first = compute(ordinary_run.books)
    for name in BREAKDOWNS:
        split(ordinary_run.books, name)

    assert before == state()
    assert first == compute(ordinary_run.books)


def test_figures_do_not_depend_on_threads_or_on_the_order_of_asking(busy_run: Run):
    alone = {name: Run.open(busy_run.folder, threads=1).kpis([name])[name] for name in reversed(MEASURES)}

    for threads in (2, 4, 8):
        assert Run.open(busy_run.folder, threads).kpis() == pytest.approx(alone, rel=0, abs=0, nan_ok=True)


def test_a_misspelt_measure_is_told_its_neighbour(empty_run: Run):
    with pytest.raises(UnknownMeasureError, match="no measure 'otiff'; did you mean 'otif'"):
        compute(empty_run.books, ["otiff"])
    with pytest.raises(UnknownMeasureError, match="did you mean 'otif_by_channel'"):
        split(empty_run.books, "otif_by_chanel")


def test_a_name_is_given_once():
    def another(books: object) -> float:
        return 0.0

    with pytest.raises(ValueError, match="two measures are called 'otif'"):
        measure("otif", unit="share", better="higher", title="Again")(another)
    with pytest.raises(ValueError, match="two breakdowns are called 'otif_by_channel'"):
        breakdown("otif", by="channel")(another)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unit 'percent' is not one of"):
        measure("new", unit="percent", better="higher", title="New")


def test_the_order_is_that_of_the_files_whoever_is_imported_first():
    first = "import sim.measures.series, sim.measures.supply\n"
    say = "from sim.measures.registry import measures\nprint(*measures())"
    told = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for script in (say, first + say)
    ]

    assert told[0] == told[1] != ""
