"""``changes``, and the same from Python."""

from __future__ import annotations

import json
from pathlib import Path

TINY = Path(__file__).parent / "tiny.yaml"


def test_changes_are_run_printed_and_written(tmp_path: Path, peakproof):
    arguments = ["-c", "batch_sync", "-c", "slack: policies.release=slack", "-n", 2, "-j", 1, "--kpi", "otif"]
    result = peakproof("changes", TINY, *arguments, "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert "Each change alone" in result.output
    assert "In the order of their gain" in result.output
    assert {"changes.json", "replications.csv", "report.html", "manifest.json"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    written = json.loads((tmp_path / "out" / "changes.json").read_text(encoding="utf-8"))
    assert [{"name": "batch_sync", "use": ["batch_sync"], "sets": []}, "slack"] == [
        written["changes"][0],
        written["changes"][1]["name"],
    ]
    assert 4 * 2 == len(written["outcomes"])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Each change where all others are made" in page
    assert "batch_sync" in page


def test_a_mistake_in_a_change_is_told_before_anything_runs(tmp_path: Path, peakproof):
    unknown = peakproof("changes", TINY, "-c", "live_snc", "--out", tmp_path / "out")
    neither = peakproof("changes", TINY, "-c", "a=b", "--out", tmp_path / "out")

    assert 2 == unknown.exit_code
    assert "live_snc" in unknown.output
    assert 2 == neither.exit_code
    assert "is no change" in neither.output
