"""The order desk against M/M/c, M/G/1 and, with customers who give up, M/M/c+M (Erlang A): ordinary scenario files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from scenarios.load import load
from sim.model import Model
from tests.theory import exact
from tests.theory.desk import CASES, SCENARIOS, DeskCase, measured


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_desk_works_as_theory_says(case: DeskCase, tmp_path: Path):
    found = measured(case, tmp_path)

    assert dict.fromkeys(case.exact, True) == {name: e.holds(case.exact[name]) for name, e in found.items()}, found
    assert all(e.half <= 0.07 * case.exact[name] for name, e in found.items()), found


@pytest.mark.parametrize("case", [CASES[0], CASES[2]], ids=lambda case: case.name)
def test_another_number_of_people_shows(case: DeskCase, tmp_path: Path):
    wrong = {"desk": "fewer", "impatient": "patient"}[case.use or case.scenario]
    found = measured(case, tmp_path, use=wrong)

    assert not any(e.holds(case.exact[name]) for name, e in found.items()), found


def test_the_auditor_agrees(tmp_path: Path):
    world = load(SCENARIOS / "desk.yaml", ["impatient"], ["horizon.end=2h", "horizon.warm_up=1h"]).world
    manifest = Model(world, 2, check=True).run(tmp_path)

    assert {"cancelled"} == set(manifest["census"])


def test_the_formulas_agree_where_they_meet():
    """Customers who never tire make Erlang A Erlang C; infinite servers make it M/M/infinity."""
    patient = exact.erlang_a(2.5, 3, 1e7)

    assert 1 + exact.erlang_c_wait(2.5, 3) == pytest.approx(patient["system"], rel=1e-5)
    assert 0 == pytest.approx(patient["abandoned"], abs=1e-5)
    assert 1 == pytest.approx(exact.erlang_a(2.5, 60, 1)["system"])
    # Patience as long as service: the number in the system is Poisson, whatever the servers.
    queue = sum((n - 2) * math.exp(-3) * 3**n / math.factorial(n) for n in range(3, 60))
    assert queue / 3 == pytest.approx(exact.erlang_a(3, 2, 1)["abandoned"])
