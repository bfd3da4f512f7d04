from __future__ import annotations

from pathlib import Path

import pytest

from sim.model import Model
from sim.run import Run
from tests.measures.hand_made import empty, ordinary
from tests.worlds import a_busy_world


@pytest.fixture(scope="session")
def ordinary_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small run in which everything happens at least once."""
    return ordinary().write(tmp_path_factory.mktemp("ordinary"))


@pytest.fixture(scope="session")
def empty_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run to which nobody came."""
    return empty().write(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def busy_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the engine itself."""
    folder: Path = tmp_path_factory.mktemp("busy")
    Model(a_busy_world(), seed=3).run(folder)
    return Run.open(folder)
