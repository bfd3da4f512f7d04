"""A front door to knock at, and one small run and comparison to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peakproof.cli import app

TINY = Path(__file__).parent / "tiny.yaml"

Peakproof = Callable[..., Result]


@pytest.fixture(scope="session")
def peakproof() -> Peakproof:
    """Calls the program with arguments, wide enough that tables do not wrap."""
    runner = CliRunner()

    def call(*arguments: object) -> Result:
        return runner.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})

    return call


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, peakproof: Peakproof) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    result = peakproof("run", TINY, "--seed", 3, "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def comparison_folder(tmp_path_factory: pytest.TempPathFactory, peakproof: Peakproof) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "comparison"
    arguments = ("--policies", "closest,cheapest", "--replications", 3, "--jobs", 1, "--out", folder)
    result = peakproof("compare", TINY, *arguments)
    assert result.exit_code == 0, result.output
    return folder
