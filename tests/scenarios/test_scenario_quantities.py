"""What people write for amounts, and what it means."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import quantities as q
from scenarios.random_quantities import distribution
from sim.distributions import Discrete, Exponential, Fixed, Lognormal, Triangular, Uniform
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS

UNITS = {"ms": 1, "s": SECOND_MS, "min": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": WEEK_MS}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("30s", 30_000),
        ("90min", 5_400_000),
        ("6h", 21_600_000),
        ("3d", 259_200_000),
        ("2w", 1_209_600_000),
        ("1d18h", 151_200_000),
        ("1d 18h", 151_200_000),
        ("0.1d", 8_640_000),
        ("1.5h", 5_400_000),
        ("250ms", 250),
        (0, 0),
    ],
)
def test_durations(text: Any, ms: int):
    assert ms == q.duration_ms(text)


@pytest.mark.parametrize("text", ["6kg", "6", 6, "", "h", "-3d", "3 days", "5m", None, True, [1], "1e99d"])
def test_what_is_no_duration_says_what_is(text: Any):
    with pytest.raises(q.QuantityError) as caught:
        q.duration_ms(text)
    assert q.DURATION_HELP == caught.value.accepted


@given(st.lists(st.tuples(st.integers(0, 1_000), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4))
def test_parts_of_a_duration_add_up(parts: list[tuple[int, str]]):
    assert sum(n * UNITS[unit] for n, unit in parts) == q.duration_ms("".join(f"{n}{unit}" for n, unit in parts))


@given(st.integers(0, 10**12))
def test_money_is_exact_however_it_is_written(cents: int):
    text = f"{cents // 100}.{cents % 100:02d}"

    assert cents == q.money_cents(text)
    assert cents == q.money_cents(Decimal(text).__float__())


@pytest.mark.parametrize("value", [12.999, "12.999", -1, "1,50", "$5", True, None, "nan", float("inf"), "1e40"])
def test_what_is_no_money(value: Any):
    with pytest.raises(q.QuantityError):
        q.money_cents(value)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.integers())))
def test_a_parser_answers_or_refuses_but_never_breaks(value: Any):
    parsers: list[Callable[[Any], Any]] = [
        q.duration_ms, q.share, q.share_bp, q.factor_bp, q.money_cents, q.weight_kg, q.volume_l,
        q.minute_of_day, q.weekdays, q.number, q.any_number, q.count, q.moment, q.signed_share,
    ]  # fmt: skip
    for parse in parsers:
        with suppress(q.QuantityError):
            parse(value)


@pytest.mark.parametrize(("value", "share"), [("5%", 0.05), (0.05, 0.05), ("100%", 1.0), (1, 1.0), ("0.1%", 0.001)])
def test_shares(value: Any, share: float):
    assert share == q.share(value)


@pytest.mark.parametrize("value", [1.01, "101%", -0.1, "5", "x%", True])
def test_what_is_no_share(value: Any):
    with pytest.raises(q.QuantityError):
        q.share(value)


def test_basis_points_are_whole():
    assert 1_750 == q.share_bp("17.5%")
    assert 12_000 == q.factor_bp("120%")
    with pytest.raises(q.QuantityError):
        q.share_bp("0.001%")


@pytest.mark.parametrize(("text", "kg"), [("1.2kg", 1.2), ("350g", 0.35), ("2lb", 0.907184), ("16oz", 0.453592)])
def test_weights(text: str, kg: float):
    assert kg == q.weight_kg(text)


@pytest.mark.parametrize("value", [1.2, "1.2", "3h", "-1kg"])
def test_a_weight_needs_its_unit(value: Any):
    with pytest.raises(q.QuantityError):
        q.weight_kg(value)


def test_volumes():
    assert [1.5, 0.5, 200.0] == [q.volume_l(text) for text in ("1.5l", "500ml", "0.2m3")]


def test_times_of_day():
    assert [0, 840, 1440] == [q.minute_of_day(text) for text in ("00:00", "14:00", "24:00")]
    for value in ("25:00", "24:01", "14:60", "2pm", 840):
        with pytest.raises(q.QuantityError):
            q.minute_of_day(value)


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        (["mon", "wed"], {0, 2}),
        ("sat, sun", {5, 6}),
        ("sat-mon", {5, 6, 0}),
        ("Thu", {3}),
    ],
)
def test_weekdays(value: Any, days: set[int]):
    assert days == q.weekdays(value)


@pytest.mark.parametrize("value", ["monday", [], "mon-", "mon-fry", 3, [3]])
def test_what_is_no_weekday(value: Any):
    with pytest.raises(q.QuantityError):
        q.weekdays(value)


def test_moments():
    assert q.Moment(151_200_000) == q.moment("1d18h")
    assert q.Moment(at=datetime(2026, 11, 24, 18)) == q.moment("2026-11-24 18:00")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2h", Fixed(2 * HOUR_MS)),
        ({"uniform": ["1h", "2h"]}, Uniform(HOUR_MS, 2 * HOUR_MS)),
        ({"exponential": "1h"}, Exponential(HOUR_MS)),
        ({"lognormal": {"median": "7d", "cv": 0.5}}, Lognormal(7 * DAY_MS, 0.5)),
        ({"triangular": ["1h", "2h", "4h"]}, Triangular(HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS)),
        ({"discrete": {"1h": 0.6, "2h": 0.4}}, Discrete((HOUR_MS, 2 * HOUR_MS), (0.6, 0.4))),
    ],
)
def test_distributions(value: Any, expected: object):
    assert expected == distribution(value, q.duration_ms, q.DURATION_HELP)


@pytest.mark.parametrize(
    "value",
    [
        "6kg",
        {"uniform": ["1h"]},
        {"uniform": ["2h", "1h"]},
        {"uniform": ["1h", "2kg"]},
        {"normal": ["1h", "2h"]},
        {"lognormal": {"median": "7d"}},
        {"lognormal": {"median": "0s", "cv": 1}},
        {"lognormal": "7d"},
        {"discrete": {}},
        {"discrete": {"1h": -1}},
        {"discrete": ["1h"]},
        {"uniform": ["1h", "2h"], "exponential": "1h"},
        {"triangular": "1h"},
        {"exponential": None},
        [],
        None,
    ],
)
def test_what_is_no_distribution(value: Any):
    with pytest.raises(q.QuantityError):
        distribution(value, q.duration_ms, q.DURATION_HELP)
