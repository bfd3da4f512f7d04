"""Returns in full: reasons, labels, refund triggers, dispositions, used goods, empty boxes, disputes, losses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.network import Category
from sim.orders import REFUNDED, RETURN_REFUSED
from sim.plans.return_rules import Disposition, ReturnRules
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_node, a_world, stock

LINES = [(0, 2, 1_000)]
STEPS = (
    "return_requested",
    "return_labelled",
    "return_kept",
    "return_refused",
    "return_lost",
    "return_received",
    "empty_box_received",
    "restocked",
    "refurbish_began",
    "refurbished",
    "returned_to_vendor",
    "scrapped",
    "refunded",
    "dispute_opened",
    "dispute_closed",
    "refund_topped_up",
)


def returned(how: ReturnRules, *, restock: float = 1.0, disposition: Disposition | None = None, **changes) -> Story:
    """Two units of P1 at 10.00 (cost 4.00), delivered on day 2 at noon, asked for on day 5, two days on the way."""
    category = Category("all", restock_share=restock, disposition=disposition or Disposition())
    world = a_world(**({"categories": (category,), "returns": how} | changes))
    drawn = {"return_units": [2], "return_delay_ms": [3 * DAY_MS], "return_transit_ms": [2 * DAY_MS]}
    return visit(world, [(at(0, 9), LINES)], **drawn)


def steps(story: Story) -> list[tuple[str, str]]:
    return [(t, k) for t, k in story.events(kind=STEPS)]


@pytest.mark.parametrize(
    ("trigger", "refunded"), [("scan", "5 18:00"), ("receipt", "8 08:00"), ("inspection", "8 08:05")]
)
def test_the_house_chooses_when_it_refunds(trigger: str, refunded: str):
    """The label comes six hours after the request, and the parcel sets off with it."""
    story = returned(ReturnRules(refund_on=trigger, label_after_ms=6 * HOUR_MS, label_cents=650))

    assert [refunded] == story.times("refunded")
    assert (["5 18:00"], ["8 08:00"], ["8 08:05"]) == tuple(
        story.times(kind) for kind in ("return_labelled", "return_received", "restocked")
    )
    assert [("returns_handling", 650), ("freight_payable", -650)] == story.postings(kind="return_labelled")
    returns = story.model.site.register.returns
    assert ([REFUNDED], ["32 12:00"]) == (list(returns.state[: len(returns)]), story.times("closed"))


def test_an_empty_box_is_paid_for_by_who_refunds_without_looking():
    """The goods stay with the customer; one house pays for them, the other does not."""
    hasty = returned(ReturnRules(refund_on="receipt", empty_box_share=1.0))
    careful = returned(ReturnRules(empty_box_share=1.0))

    assert [("5 12:00", "return_requested"), ("8 08:00", "empty_box_received"), ("8 08:00", "refunded")] == steps(hasty)
    assert [("5 12:00", "return_requested"), ("8 08:00", "empty_box_received"), ("8 08:05", "return_refused")] == (
        steps(careful)
    )
    assert (2_000, 0) == (hasty.balance("sales_returns"), careful.balance("sales_returns"))
    assert 98 == hasty.model.site.inventory.units[0][0] == careful.model.site.inventory.units[0][0]
    returns = careful.model.site.register.returns
    assert [RETURN_REFUSED] == list(returns.state[: len(returns)])
    assert careful.times("closed") == hasty.times("closed") == ["32 12:00"]


def test_used_goods_are_refunded_in_part():
    story = returned(ReturnRules(used_share=1.0, used_deduction_bp=3_000))

    assert [("sales_returns", 1_400), ("tax_payable", 98), ("cash", -1_498)] == story.postings(kind="refunded")
    assert [("8 08:05", "refunded", "used")] == story.events("reason", kind="refunded")


def test_used_goods_are_not_sold_as_new():
    """Where nothing else can be done with them they are scrapped; else they are laid on the bench: two units, half an
    hour each."""
    rules = ReturnRules(used_share=1.0, used_deduction_bp=3_000)
    mended = returned(rules, restock=0.7, disposition=Disposition(refurbish_share=0.3))
    back = returned(rules, restock=0.7, disposition=Disposition(vendor_share=0.3))

    assert [("8 08:05", "scrapped")] == returned(rules).events(kind=STEPS[7:12])
    assert [("8 08:05", "refurbish_began"), ("8 09:05", "refurbished")] == mended.events(kind=STEPS[7:12])
    assert [("8 08:05", "returned_to_vendor")] == back.events(kind=STEPS[7:12])
    assert {("8 08:05", "refunded", "used")} == {e for s in (mended, back) for e in s.events("reason", kind="refunded")}


def test_use_changes_what_becomes_of_what_was_used_alone():
    """The same customers send the same goods back; who used nothing finds the same as before."""
    rest = Disposition(refurbish_share=0.2, vendor_share=0.1)
    world = a_busy_world(200.0)
    world = replace(world, network=replace(world.network, categories=(Category("all", 0.1, 0.6, rest),)))
    careful = tell(world)
    worn = tell(replace(world, returns=ReturnRules(used_share=0.4, used_deduction_bp=3_000)))

    def ends(story: Story) -> dict[tuple[int, int, int], str]:
        return {
            (e["order"], e["line"], e["quantity"]): e["kind"]
            for e in story.rows("events", kind=("restocked", "refurbish_began", "returned_to_vendor", "scrapped"))
        }

    used = {(e["order"], e["line"], e["quantity"]) for e in worn.rows("events", kind="refunded", reason="used")}
    before, after = ends(careful), ends(worn)
    assert before.keys() == after.keys()
    assert {k: v for k, v in before.items() if k not in used} == {k: v for k, v in after.items() if k not in used}
    assert "restocked" in {before[k] for k in used}
    assert {"refurbish_began", "returned_to_vendor", "scrapped"} == {after[k] for k in used}


@pytest.mark.parametrize(("upheld", "in_all"), [(1.0, 2_000), (0.0, 1_400)])
def test_a_dispute_goes_to_a_desk_which_decides(upheld: float, in_all: int):
    """Six minutes of work at the order desk; what was kept is paid after all, or not; only then may the order close."""
    rules = ReturnRules(used_share=1.0, used_deduction_bp=3_000, dispute_share=1.0, dispute_upheld_share=upheld)
    story = returned(rules)

    assert [("8 08:05", "customer", "used"), ("8 08:11", "desk:order desk", "upheld" if upheld else "dismissed")] == [
        (t, actor, reason) for t, _, actor, reason in story.events("actor", "reason", kind=STEPS[-3:-1])
    ]
    assert in_all == story.balance("sales_returns")
    assert (2_140 if upheld else 1_498) == sum(
        row["value_cents"] for row in story.rows("events", kind=("refunded", "refund_topped_up"))
    )


def test_an_empty_box_may_be_disputed_too():
    rules = ReturnRules(empty_box_share=1.0, dispute_share=1.0)

    assert ("8 08:11", "return_refused") == steps(returned(rules))[-1]
    assert ("8 08:11", "refunded") == steps(returned(replace(rules, dispute_upheld_share=1.0)))[-1]


def test_a_parcel_that_is_lost_on_its_way_back_is_refunded_after_a_search():
    """Two days on the way and a week of searching; the units leave the books as the carrier's loss."""
    story = returned(ReturnRules(lost_share=1.0))

    assert [("5 12:00", "return_requested"), ("14 12:00", "return_lost"), ("14 12:00", "refunded")] == steps(story)
    assert [("write_offs", 800), ("cost_of_goods", -800)] == story.postings(kind="return_lost")
    assert [("customer", "carrier_loss", 2)] == [
        (r["from_bucket"], r["to_bucket"], r["units"]) for r in story.rows("ledger", kind="return_lost")
    ]


def test_what_is_worth_less_than_its_way_back_stays_with_the_customer():
    kept, sent = returned(ReturnRules(keep_below_cents=2_001)), returned(ReturnRules(keep_below_cents=2_000))

    assert [("5 12:00", "return_requested"), ("5 12:00", "return_kept"), ("5 12:00", "refunded")] == steps(kept)
    assert ["8 08:05"] == sent.times("restocked")


def test_a_request_past_the_window_is_refused():
    """The window of two days is over on day 4; where the house accepts all the same, nothing is different."""
    strict = returned(ReturnRules(accepts_late_requests=False), rules=Rules(return_window_ms=2 * DAY_MS))
    lenient = returned(ReturnRules(), rules=Rules(return_window_ms=2 * DAY_MS))

    assert [("5 12:00", "return_requested", ""), ("5 12:00", "return_refused", "window_passed")] == [
        (t, kind, reason if kind == "return_refused" else "") for t, kind, reason in strict.events("reason", kind=STEPS)
    ]
    assert (["5 12:00"], ["8 08:05"]) == (strict.times("closed"), lenient.times("refunded"))


def test_goods_are_refurbished_and_sold_again():
    """Two units of an hour each, which cost 3.50 each."""
    disposition = Disposition(refurbish_share=1.0, refurbish_ms=a_node().stations[0].work_ms, refurbish_cents=350)
    story = returned(ReturnRules(), restock=0.0, disposition=disposition)

    assert [("8 08:05", "refurbish_began"), ("8 08:05", "refunded"), ("8 08:07", "refurbished")] == steps(story)[2:]
    assert [("returns_handling", 700), ("accrued_operations", -700)] == story.postings(kind="refurbished")
    assert (100, 0) == (story.model.site.inventory.available[0][0], story.balance("write_offs"))


def test_a_vendor_credits_part_of_what_goes_back_to_it():
    disposition = Disposition(vendor_share=1.0, vendor_credit_bp=7_500)
    story = returned(ReturnRules(), restock=0.0, disposition=disposition)

    assert [("payables", 600), ("write_offs", 200), ("inventory", -800)] == story.postings(kind="returned_to_vendor")
    assert [("awaiting", "supplier", 2, 800)] == [
        (r["from_bucket"], r["to_bucket"], r["units"], r["value_cents"])
        for r in story.rows("ledger", kind="returned_to_vendor")
    ]


def test_one_node_may_take_all_returns():
    nodes = (a_node("A"), a_node("Returns centre", latitude=41.0, serves_channels=frozenset()))
    story = returned(ReturnRules(node=1), nodes=nodes, stock=stock([[10, 0], [0, 0]]))

    assert [("Returns centre", 2, 800)] == [
        (r["node"], r["quantity"], r["value_cents"]) for r in story.rows("events", kind="return_received")
    ]
    assert (8, 2) == tuple(story.model.site.inventory.units[node][0] for node in (0, 1))


def test_defective_goods_are_never_as_new():
    """Half of what comes back is as new, unless its customers say that it is broken."""
    world = a_busy_world(200.0)
    sound = replace(world.network.categories[0], return_share=0.5, restock_share=0.5)
    broken = replace(sound, disposition=Disposition(reasons=(0.0, 0.0, 1.0, 0.0, 0.0)))
    stories = [
        tell(replace(world, network=replace(world.network, categories=(category,))), check=False)
        for category in (sound, broken)
    ]

    shares = [len(s.times("restocked")) / len(s.times("refunded")) for s in stories]
    assert 0.0 == shares[1]
    assert 0.4 < shares[0] < 0.6
    assert {"changed_mind"} == {r["reason"] for r in stories[0].rows("events", kind="return_requested")}
    assert {"defect"} == {r["reason"] for r in stories[1].rows("events", kind="return_requested")}


def test_only_who_got_it_late_sends_it_back_because_it_was_late():
    """Promised for the end of day 1, and for day 5; delivered on day 2 to both."""
    disposition = Disposition(reasons=(1e-9, 0.0, 0.0, 0.0, 1.0))

    def reasons(transit_days: int) -> list[str]:
        world = a_world(categories=(Category("all", disposition=disposition),))
        channel = world.network.channels[0]
        promise = replace(channel.promise, transit_days=transit_days)
        channels = (replace(channel, promise=promise),)
        story = returned(ReturnRules(), disposition=disposition, channels=channels)
        return [r["reason"] for r in story.rows("events", kind="return_requested")]

    assert (["late"], ["changed_mind"]) == (reasons(1), reasons(5))


def test_the_same_customers_ask_whatever_the_house_answers():
    """Another policy changes what becomes of requests, not who asks for what."""
    world = a_busy_world(200.0)
    rules = ReturnRules(
        refund_on="scan",
        label_after_ms=30 * MINUTE_MS,
        label_cents=500,
        empty_box_share=0.2,
        used_share=0.3,
        used_deduction_bp=5_000,
        lost_share=0.1,
    )
    plain, strict = tell(world), tell(replace(world, returns=rules))

    def asked(story: Story) -> list[tuple[int, ...]]:
        return sorted(
            (r["order"], r["line"], r["quantity"], r["time_ms"]) for r in story.rows("events", kind="return_requested")
        )

    assert asked(plain) == asked(strict) != []
    assert plain.manifest["demand_hash"] == strict.manifest["demand_hash"]
    assert strict.times("empty_box_received")
    assert strict.times("return_lost")
