"""One small run to report on."""

from __future__ import annotations

from pathlib import Path

import pytest

import peakproof
from sim.run import Run

TINY = Path(__file__).parents[1] / "cli" / "tiny.yaml"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return peakproof.run(TINY, seed=3, out=tmp_path_factory.mktemp("runs") / "tiny", report=False)
