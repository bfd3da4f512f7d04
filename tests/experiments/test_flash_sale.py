"""The library's flash sale: what its overrides do to overselling and to lost sales, for the same customers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from scenarios.load import load
from sim.model import Model
from tests.sim.witness import frame

SEEDS = (1,)
CUT = ("horizon.warm_up=0h", "horizon.end=2d", "horizon.drain=6h")


@cache
def units(override: str, channel: str, kind: str, reason: str) -> int:
    """Units of one kind of event at a channel, in all seeds together."""
    total = 0
    for seed in SEEDS:
        events = books(override, seed)
        total += int(events["quantity"][(events["channel"] == channel) & (events["kind"] == kind)
                                        & (events["reason"] == reason)].sum())  # fmt: skip
    return total


@cache
def books(override: str, seed: int):
    loaded = load("flash-sale", [override] if override else [], sets=CUT)
    with TemporaryDirectory() as name:
        manifest = Model(loaded.world, seed).run(Path(name))
        HASHES.setdefault(seed, set()).add(manifest["demand_hash"])
        return frame(Path(name), "events")


HASHES: dict[int, set[str]] = {}


def oversold(override: str) -> int:
    return units(override, "marketplace", "oversold", "not_on_view")


def gone_at_the_till(override: str) -> int:
    return units(override, "web", "refused", "gone_at_checkout")


def test_a_view_that_is_fresh_or_withholds_units_oversells_less():
    assert oversold("") > 20
    assert oversold("marketplace_buffer") < 0.7 * oversold("")
    assert oversold("marketplace_events") < 0.1 * oversold("")
    assert [1] * len(SEEDS) == [len(HASHES[seed]) for seed in SEEDS], "all met the same customers"


def test_carts_that_reserve_turn_hardly_anyone_away_at_the_till():
    assert gone_at_the_till("till") > 20
    assert gone_at_the_till("") < 0.1 * gone_at_the_till("till")


def test_what_is_protected_for_the_web_is_sold_there():
    sold = {name: units(name, "web", "captured", "") for name in ("", "web_protected")}

    assert sold[""] < sold["web_protected"]
