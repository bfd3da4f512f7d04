"""``harm``: the links of a run, and one order's story."""

from __future__ import annotations

from pathlib import Path


def test_harm_is_told_link_by_link(run_folder: Path, peakproof):
    result = peakproof("harm", run_folder, "--timelines")

    assert result.exit_code == 0, result.output
    assert "Held for people" in result.output
    assert "as far as “held for people”" in result.output
    assert "Order " in result.output


def test_a_folder_without_a_run_is_told(tmp_path: Path, peakproof):
    result = peakproof("harm", tmp_path)

    assert 2 == result.exit_code
    assert "holds no finished run" in result.output
