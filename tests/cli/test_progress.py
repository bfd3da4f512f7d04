"""How far a run is: lines on the error stream where nobody looks at a bar, and none where it is to be quiet."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from peakproof import console
from peakproof.console import Lines

TINY = Path(__file__).parent / "tiny.yaml"


def test_a_line_each_half_minute():
    """Told every ten seconds, a tenth each time."""
    written: list[str] = []
    seconds = count(0, 10)
    tell = Lines("peak-million, seed 1", written.append, lambda: float(next(seconds)))
    for tenths in range(1, 11):
        tell(tenths / 10)

    assert [
        "peak-million, seed 1: 30% after 0:00:30",
        "peak-million, seed 1: 60% after 0:01:00",
        "peak-million, seed 1: 90% after 0:01:30",
    ] == written


def test_what_is_told_seldom_is_said_when_it_is_told():
    """A clock that runs on between two looks: one line for each time it is told."""
    written: list[str] = []
    moments = iter([0.0, 29.9, 4_000.0, 4_029.0])
    tell = Lines("40 trials", written.append, lambda: next(moments))
    for fraction in (0.1, 0.5, 1.0):
        tell(fraction)

    assert ["40 trials: 50% after 1:06:40"] == written


def test_a_short_run_says_nothing(tmp_path: Path, peakproof):
    assert "" == peakproof("run", TINY, "--no-report", "--out", tmp_path / "short").stderr


@pytest.mark.parametrize("flags", [(), ("--quiet",), ("-q",)])
def test_a_piped_run_says_how_far_it_is_unless_it_is_quiet(
    flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peakproof
):
    monkeypatch.setattr(console, "EVERY_SECONDS", 0)
    result = peakproof("run", TINY, "--no-report", "--out", tmp_path / "run", *flags)
    lines = result.stderr.splitlines()

    assert result.exit_code == 0
    assert "arrived whole and on time" in result.stdout
    if flags:
        assert [] == lines
    else:
        assert lines[0].startswith("tiny, seed 1: 0% after 0:00:0")
        assert all(line.startswith("tiny, seed 1: ") for line in lines)
        assert not any("seed 1: " in line for line in result.stdout.splitlines())
