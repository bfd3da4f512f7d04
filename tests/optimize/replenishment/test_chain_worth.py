"""What units are worth in a chain: exact where theory knows, every allocation tried where it is small, and each sample
spelled out in a program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse, stats

from optimize.inventory.demand_chances import poisson
from optimize.inventory.serial_system import best_serial_system
from optimize.programs import PROVEN, Limits, Program
from optimize.replenishment.chain_kernel import chain_worths, demands_of, rationed, tables_of, unit_worths
from optimize.replenishment.chain_worth import sampled_normal, summed
from optimize.solver import solve

EXACT = Limits(gap=1e-9)
ONE = np.ones(1)


def poisson_table(*means: float, width: int = 60) -> np.ndarray:
    return np.array([stats.poisson.sf(np.arange(width), mean) for mean in means])


# Exact: two stages in series, every outcome of the first stage's demand with its chance.


@pytest.mark.parametrize(
    ("rate", "leads", "holding", "penalty"),
    [(1.0, (1.0, 1.0), (1.0, 1.0), 9.0), (4.0, (1.0, 2.0), (0.5, 1.0), 39.0), (16.0, (0.5, 1.0), (0.75, 0.25), 37.0)],
)
def test_with_all_outcomes_a_series_has_the_levels_of_clark_and_scarf(
    rate: float, leads: tuple[float, float], holding: tuple[float, float], penalty: float
):
    chance, total = poisson(rate * leads[1]), penalty + sum(holding)
    worths = unit_worths(
        np.arange(len(chance), dtype=np.float64)[:, None],
        chance / chance.sum(),
        np.zeros(1, dtype=np.int64),
        poisson_table(rate * leads[0], width=200),
        np.array([holding[0] / total]),
        0.0,
        200,
    )
    found = int((worths > holding[1] / total).sum())

    assert best_serial_system(rate, leads, holding, penalty).echelon_levels[1] == found
    assert (np.diff(worths) <= 1e-12).all()


def test_one_place_with_nothing_before_is_the_newsvendor():
    worths = unit_worths(np.zeros((1, 1)), ONE, np.zeros(1, dtype=np.int64), poisson_table(6.0), 0 * ONE, 0.0, 40)

    assert stats.poisson.sf(np.arange(40), 6.0) == pytest.approx(worths)
    assert stats.poisson.ppf(0.97, 6.0) == (worths > 0.03).sum()


# Every allocation.


def least_shortage(units: int, position: np.ndarray, table: np.ndarray) -> float:
    """Over every split of the units; the chance that one more is asked for, summed, is the shortage that is left."""

    def short(place: int, have: int) -> float:
        return float(table[place, max(0, have) :].sum()) + max(0, -have)

    splits = (s for s in itertools.product(range(units + 1), repeat=len(position)) if sum(s) == units)
    return min(sum(short(p, int(position[p]) + n) for p, n in enumerate(split)) for split in splits)


@pytest.mark.parametrize("seed", range(6))
def test_units_are_worth_what_the_best_allocation_saves(seed: int):
    rng = np.random.default_rng(seed)
    table = poisson_table(*rng.uniform(0.3, 4.0, 3))
    position, before = rng.integers(0, 5, 3), rng.integers(0, 5, (4, 3)).astype(np.float64)
    weight = rng.dirichlet(np.ones(4))
    worths = unit_worths(before, weight, position, table, np.zeros(3), 0.0, 6)
    short = [
        sum(w * least_shortage(n, position - d.astype(int), table) for w, d in zip(weight, before, strict=True))
        for n in range(7)
    ]

    assert (short[0] - np.array(short[1:])).tolist() == pytest.approx(np.cumsum(worths).tolist())


def cost_of_sending(
    sent: np.ndarray,
    free: int,
    position: np.ndarray,
    now: np.ndarray,
    until: np.ndarray,
    later: np.ndarray,
    costs: float,
) -> float:
    """Shortage until the next units can be there, what is left over, and the shortage after the best allocation later
    of what is kept."""
    after, kept = position + sent, free - int(sent.sum())
    here = after.copy()
    here[-1] += kept
    total = sum(float(now[p, max(0, n) :].sum()) + max(0, -n) for p, n in enumerate(here.tolist()))
    total += costs * sum(float((1 - now[p, :n]).sum()) for p, n in enumerate(after[:-1].tolist()) if n > 0)
    return total + float(np.mean([least_shortage(kept, after - d.astype(int), later) for d in until]))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_sent_is_nearly_the_best_of_all_that_can_be(seed: int):
    rng = np.random.default_rng(seed)
    free, wanted, position = int(rng.integers(1, 7)), np.array([4, 4, 0]), np.array([*rng.integers(-1, 3, 2), 0])
    now, later = (poisson_table(*rng.uniform(0.5, 4.0, 2), 0.0) for _ in range(2))
    until = np.column_stack([rng.integers(0, 5, (3, 2)), np.zeros(3)]).astype(np.float64)
    sent = rationed(free, wanted, position, now, until, later, 0.02)
    ways = [np.array([a, b, 0]) for a in range(5) for b in range(5) if a + b <= free]
    costs = {tuple(way.tolist()): cost_of_sending(way, free, position, now, until, later, 0.02) for way in ways}

    assert (sent <= wanted).all()
    assert sent.sum() <= free
    assert costs[tuple(sent.tolist())] <= min(costs.values()) + 0.05


def test_plenty_goes_where_it_is_wanted():
    now = poisson_table(3.0, 3.0, 0.0)
    wanted, position, until = np.array([9, 7, 0]), np.zeros(3, dtype=np.int64), np.full((5, 3), 2.0)

    assert wanted.tolist() == rationed(500, wanted, position, now, until, now, 0.02).tolist()
    assert [0, 0, 0] == rationed(0, wanted, position, now, until, now, 0.02).tolist()


def test_what_is_short_is_shared_and_some_of_it_is_kept():
    """Two like places want 8 each of 6: each gets as much as the other. The second may also need it later, when nobody
    can tell yet which: then less goes now."""
    now, nothing = poisson_table(4.0, 4.0, 0.0), np.zeros((3, 60))
    wanted, position = np.array([8, 8, 0]), np.zeros(3, dtype=np.int64)
    until = np.array([[8.0, 0.0, 0.0], [0.0, 8.0, 0.0]])
    shared = rationed(6, wanted, position, now, until, nothing, 0.02)
    later = rationed(6, wanted, position, poisson_table(1.0, 1.0, 0.0), until, now, 0.02)

    assert [3, 3, 0] == shared.tolist()
    assert later[0] == later[1]
    assert later.sum() < 6


# Samples.


def test_demands_are_equally_likely_and_lie_beside_one_another_as_told():
    order = np.array([[2, 0, 1, 3], [3, 2, 1, 0]])
    found = demands_of(np.array([6.0, 0.0]), np.ones(2), order, np.array([[0.0, 1.0], [0, 0], [0, 0], [-2.0, -1.0]]))
    quantiles = stats.poisson.ppf([0.125, 0.375, 0.625, 0.875], 6.0)

    assert [quantiles[2], quantiles[0], quantiles[1], quantiles[3] - 2] == found[:, 0].tolist()
    assert [1, 0, 0, 0] == found[:, 1].tolist()


def test_worths_of_a_product_come_to_the_shortage_without_any_units():
    """Many samples: the sum of all worths is the demand beyond what is there."""
    rng, mean, after = np.random.default_rng(1), np.array([5.0, 2.0]), np.array([3.0, 4.0])
    order = np.array([rng.permutation(500) for _ in range(2)])
    position = np.array([6, 0])
    worths = chain_worths(
        mean, ONE.repeat(2), order, np.zeros((500, 2)), position, after, ONE.repeat(2), np.zeros(2), 0.0
    )
    total = stats.poisson(8.0)
    short = float((total.sf(np.arange(6, 80))).sum()) + 6.0

    assert short == pytest.approx(worths.sum(), abs=0.02)
    assert tables_of(after, ONE.repeat(2))[1, :5] == pytest.approx(stats.poisson.sf(np.arange(5), 4.0))


def test_sums_go_on_below_and_end_above():
    assert [-2, 0, 1, 1.5, 1.5] == summed(np.array([1.0, 0.5]), np.array([-2.0, 0, 1, 2, 9])).tolist()


def test_standard_values_are_standard():
    values = sampled_normal(50)

    assert 0 == pytest.approx(values.mean(), abs=1e-12)
    assert 1 == pytest.approx(values.std())


# The program with every sample spelled out.


def spelled_out(
    before: np.ndarray, position: np.ndarray, table: np.ndarray, own: int, holding: float, lot: int
) -> Program:
    """Whole lots bought; in each sample, each unit that each place could get, none worth more than the one before it.

    Columns: lots, then the units of each sample and place. A unit saves a shortage of 1 with the chance of its table.
    """
    samples, (places, width) = len(before), table.shape
    cost, upper = [holding * lot], [10.0]
    rows, columns, values = [], [], []
    for s in range(samples):
        for place in range(places):
            start = int(position[place] - before[s, place])
            for k in range(width // 2):
                worth = 1.0 if start + k < 0 else float(table[place, min(width - 1, start + k)])
                rows.append(s)
                columns.append(len(cost))
                values.append(1.0)
                cost.append(-(1 + holding) * worth / samples)
                upper.append(1.0)
        rows.append(s)
        columns.append(0)
        values.append(-float(lot))
    matrix = sparse.csr_array((values, (rows, columns)), shape=(samples, len(cost)))
    whole = np.arange(len(cost)) == 0
    return Program.of(np.array(cost), matrix, -np.inf, float(own), upper=np.array(upper), integer=whole)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_buys_what_the_program_of_all_samples_buys(seed: int):
    """Inventory flows of every sample, solved at once, cost what the curve says and buy as many lots."""
    rng = np.random.default_rng(seed)
    table, lot, holding, own = poisson_table(*rng.uniform(1.0, 5.0, 3), width=40), 3, 0.05, int(rng.integers(0, 4))
    position, before = rng.integers(0, 4, 3), rng.integers(0, 6, (8, 3)).astype(np.float64)
    found = solve(spelled_out(before, position, table, own, holding, lot), EXACT)
    worths = unit_worths(before, np.full(8, 1 / 8), position, table, np.zeros(3), 0.0, 80)
    units = own + lot * np.arange(11)
    costs = holding * (units - own) - (1 + holding) * summed(worths, units.astype(np.float64))

    assert PROVEN == found.record.status
    assert float(costs.min()) == pytest.approx(found.record.objective, abs=1e-6)
    assert int(np.argmin(costs)) == round(found.values[0])
