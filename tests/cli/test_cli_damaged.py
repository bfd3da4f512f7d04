"""What is damaged, or refused by the machine, is told in a sentence: no traceback, and nothing made of half a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peakproof import api
from peakproof.outputs import free_folder
from tests.cli.conftest import TINY

READERS = (
    ("timeline", "FOLDER", "1"), ("harm", "FOLDER"), ("margin", "FOLDER"), ("inbound", "FOLDER"), ("report", "FOLDER"),
    ("hindsight", "FOLDER"), ("shadow", "FOLDER", "--policy", "cheapest"),
)  # fmt: skip


def cut(folder: Path) -> None:
    book = folder / "events.parquet"
    book.write_bytes(book.read_bytes()[:2_000])


def emptied(folder: Path) -> None:
    book = folder / "journal.parquet"
    pq.write_table(pq.read_table(book).slice(0, 0), book)


def anothers(folder: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), folder / "ledger.parquet")


def no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"warm_up_ms":', encoding="utf-8")


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("[1, 2]", encoding="utf-8")


DAMAGES = {
    cut: "events.parquet is cut short",
    emptied: "journal.parquet has 0 rows",
    anothers: "ledger.parquet has no column event",
    no_json: "manifest.json is no JSON",
    no_manifest: "does not say when it began",
}


@pytest.mark.parametrize(("damage", "told"), DAMAGES.items(), ids=lambda p: getattr(p, "__name__", ""))
def test_every_reader_tells_what_is_damaged(damage: Callable, told: str, run_folder: Path, tmp_path: Path, peakproof):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    damage(folder)
    before = sorted(path.name for path in folder.iterdir())

    for reader in READERS:
        result = peakproof(*(folder if word == "FOLDER" else word for word in reader))
        assert (2, True) == (result.exit_code, told in result.output.replace("\n", " ")), result.output
    assert before == sorted(path.name for path in folder.iterdir())


def test_measures_that_cannot_be_read_are_computed(run_folder: Path, tmp_path: Path, peakproof):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    (folder / "kpis.json").write_text("[1]", encoding="utf-8")

    assert 0 == peakproof("report", folder).exit_code


@pytest.mark.parametrize("text", ["{", "[]", '{"scenario": "x"}'])
def test_a_damaged_comparison_is_told(text: str, comparison_folder: Path, tmp_path: Path, peakproof):
    folder = shutil.copytree(comparison_folder, tmp_path / "comparison")
    (folder / "comparison.json").write_text(text, encoding="utf-8")

    result = peakproof("report", folder)

    assert (2, True) == (result.exit_code, "comparison.json is no comparison" in result.output.replace("\n", " "))


def test_what_the_disk_refuses_is_told(tmp_path: Path, peakproof):
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    result = peakproof("run", TINY, "--no-report", "--out", tmp_path / "file" / "run")

    assert 2 == result.exit_code
    assert "What was not finished is not there" in result.output.replace("\n", " ")
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [(OSError(28, "full", "events.partial"), 2, "No space left"), (MemoryError(), 2, "more memory"),
     (KeyboardInterrupt(), 130, "Interrupted"), (RuntimeError("Query interrupted"), 130, "Interrupted")],
)  # fmt: skip
def test_a_run_that_is_broken_off_leaves_nothing(fault, code, told, tmp_path: Path, monkeypatch, peakproof):
    def broken_off(run: object, report: bool) -> None:
        raise fault

    monkeypatch.setattr(api, "_finish", broken_off)
    result = peakproof("run", TINY, "--no-report", "--out", tmp_path / "run")

    assert (code, True) == (result.exit_code, told in result.output)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a/b", "x" * 5_000, "\u00e9" * 300, "..", "a\nb", "?"])
def test_no_name_of_a_scenario_leads_out_of_the_folder_of_runs(name: str, tmp_path: Path):
    folder = free_folder(f"{name}-7", tmp_path)
    folder.mkdir()

    assert tmp_path == folder.parent
    assert folder.name.endswith("7")


def test_what_a_run_counted_is_what_its_books_hold(run_folder: Path):
    rows = json.loads((run_folder / "manifest.json").read_text(encoding="utf-8"))["counters"]["rows"]

    assert rows == {book: pq.read_metadata(run_folder / f"{book}.parquet").num_rows for book in rows}
