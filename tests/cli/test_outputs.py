"""Folders appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from peakproof.outputs import OutputError, file_hashes, free_folder, whole_folder


def test_a_folder_appears_when_all_is_written(tmp_path: Path):
    with whole_folder(tmp_path / "deep" / "run") as partial:
        (partial / "kpis.json").write_text("{}", encoding="utf-8")
        assert not (tmp_path / "deep" / "run").exists()

    assert ["kpis.json"] == [path.name for path in (tmp_path / "deep" / "run").iterdir()]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_an_interrupted_one_leaves_nothing_and_keeps_the_old(interruption, tmp_path: Path):
    with whole_folder(tmp_path / "run") as partial:
        (partial / "manifest.json").write_text("old", encoding="utf-8")

    def interrupted() -> None:
        with whole_folder(tmp_path / "run") as partial:
            (partial / "manifest.json").write_text("new", encoding="utf-8")
            raise interruption

    with pytest.raises(interruption):
        interrupted()

    assert "old" == (tmp_path / "run" / "manifest.json").read_text(encoding="utf-8")
    assert ["run"] == [path.name for path in tmp_path.iterdir()]


def test_an_empty_folder_may_be_used(tmp_path: Path):
    (tmp_path / "run").mkdir()

    with whole_folder(tmp_path / "run") as partial:
        (partial / "kpis.json").write_text("{}", encoding="utf-8")

    assert (tmp_path / "run" / "kpis.json").is_file()


def test_neither_a_file_nor_a_strange_folder_is_replaced(tmp_path: Path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("mine", encoding="utf-8")

    for name in ("file", "folder"):
        with pytest.raises(OutputError, match="--out"), whole_folder(tmp_path / name):
            raise AssertionError("it was opened")

    assert ["file", "folder"] == sorted(path.name for path in tmp_path.iterdir())


def test_names_that_are_taken_are_numbered(tmp_path: Path):
    names = []
    for _ in range(3):
        folder = free_folder("outage-1", tmp_path)
        folder.mkdir()
        names.append(folder.name)

    assert ["outage-1", "outage-1-2", "outage-1-3"] == names


def test_hashes_cover_every_file_but_the_manifest(tmp_path: Path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("", encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")

    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert {"tables/a.csv": empty} == file_hashes(tmp_path)
