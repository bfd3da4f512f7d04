"""What a carrier loses or breaks: out of the ledger, claimed, answered; broken goods come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.distributions import Fixed
from sim.network import CarrierService
from sim.units import DAY_MS
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_world


def sent(service: CarrierService, luck: float = 0.0) -> Story:
    """One order of two units of P1 (cost 4.00 each), to be delivered on day 2 at noon."""
    return visit(a_world(services=(service,)), [(at(0, 9), [(0, 2, 1_000)])], transit_luck=[luck])


def test_a_lost_parcel_leaves_the_ledger_as_the_carriers_loss():
    """Quoted for day 2 at noon and searched for a week; nobody claims where nobody is liable."""
    story = sent(a_carrier(lost_share=0.5), luck=0.1 + 0.5)

    assert [("9 12:00", "carrier:ground", 2, 800)] == [
        (t, actor, units, value)
        for t, _, actor, units, value in story.events("actor", "quantity", "value_cents", kind="carrier_lost")
    ]
    assert [("customer", "carrier_loss", 2)] == [
        (r["from_bucket"], r["to_bucket"], r["units"]) for r in story.rows("ledger", kind="carrier_lost")
    ]
    assert (0, 800, []) == (story.balance("cost_of_goods"), story.balance("write_offs"), story.times("claim_filed"))


@pytest.mark.parametrize(("limit", "claimed"), [(10_000, 800), (500, 500)])
def test_its_cost_is_claimed_up_to_what_the_carrier_is_liable_for(limit: int, claimed: int):
    service = a_carrier(lost_share=0.5, claim_limit_cents=limit, claim_settlement_ms=Fixed(20 * DAY_MS))
    story = sent(service, luck=0.6)

    assert (["9 12:00"], ["29 12:00"]) == (story.times("claim_filed"), story.times("claim_settled"))
    assert [("claims_receivable", claimed), ("write_offs", -claimed)] == story.postings(kind="claim_filed")
    assert [("cash", claimed), ("claims_receivable", -claimed)] == story.postings(kind="claim_settled")
    assert (0, 800 - claimed) == (story.balance("claims_receivable"), story.balance("write_offs"))


def test_a_claim_that_is_refused_is_written_off():
    story = sent(a_carrier(lost_share=0.5, claim_limit_cents=10_000, claim_refused_share=1.0), luck=0.6)

    assert (["39 12:00"], 0, 800) == (
        story.times("claim_refused"),
        story.balance("claims_receivable"),
        story.balance("write_offs"),
    )


def test_a_broken_parcel_comes_back_whole_and_is_claimed():
    """All of it, at once, though its customer meant to keep it; it is never sold as new."""
    story = sent(a_carrier(damaged_share=1.0, claim_limit_cents=10_000))

    assert [
        ("2 12:00", "delivered", ""),
        ("2 12:00", "damaged", "damaged_in_transit"),
        ("2 12:00", "claim_filed", "damaged_in_transit"),
        ("2 12:00", "return_requested", "damaged_in_transit"),
        ("8 08:05", "scrapped", ""),
        ("8 08:05", "refunded", ""),
    ] == story.events(
        "reason", kind=("delivered", "damaged", "claim_filed", "return_requested", "scrapped", "refunded")
    )
    assert (2_000, 0) == (story.balance("sales_returns"), story.balance("claims_receivable"))


def test_carriers_break_the_same_parcels_whatever_is_claimed_for_them():
    """With and without liability, on the same customers: the same parcels, another loss."""
    world = a_busy_world(300.0)

    def run(limit: int) -> Story:
        services = tuple(
            replace(s, damaged_share=0.1, claim_limit_cents=limit, claim_settlement_ms=Fixed(DAY_MS))
            for s in world.network.services
        )
        return tell(replace(world, network=replace(world.network, services=services)))

    without, liable = run(0), run(10_000)

    def hurt(story: Story) -> list[int]:
        return [r["shipment"] for r in story.rows("events", kind=("damaged", "lost"))]

    assert hurt(without) == hurt(liable)
    claimed = sum(r["value_cents"] for r in liable.rows("events", kind="claim_settled"))
    assert without.balance("write_offs") - liable.balance("write_offs") == claimed > 0
