"""Faults that no single key shows: shifts that overlap, lanes that run in a circle, limits of no state, and such."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from scenarios import quantities as q
from scenarios.errors import Problems, listed
from scenarios.merging import named
from scenarios.yaml_source import Tree
from sim.orders import (
    LINE_MOVES,
    LINE_STATES,
    ORDER_MOVES,
    ORDER_STATES,
    RETURN_MOVES,
    RETURN_STATES,
    SHIPMENT_MOVES,
    SHIPMENT_STATES,
    limits,
)

_TABLES = (
    (ORDER_MOVES, ORDER_STATES),
    (LINE_MOVES, LINE_STATES),
    (SHIPMENT_MOVES, SHIPMENT_STATES),
    (RETURN_MOVES, RETURN_STATES),
)
LIMITED = tuple(states[state] for moves, states in _TABLES for state in limits(moves))
"""States that may be held to a time limit, by name."""


@dataclass(frozen=True, slots=True)
class _Crew:
    """What a shift's keys say of its time, as far as they can be read."""

    tree: Tree
    days: frozenset[int]
    start: int
    end: int

    def overlaps(self, other: _Crew) -> bool:
        return bool(self.days & other.days) and self.start < other.end and other.start < self.end


def check_shifts(tree: Tree, problems: Problems) -> None:
    """Report shifts of one node that share a weekday and a minute."""
    nodes = tree.get("nodes")
    for node in nodes.entries() if nodes is not None else ():
        shifts = node.get("shifts")
        crews = [crew for shift in (shifts.entries() if shifts else ()) if (crew := _crew(shift)) is not None]
        for first, second in combinations(crews, 2):
            if first.overlaps(second):
                problems.add(
                    second.tree.key_mark,
                    f"nodes.{named(node, 'name')}.shifts",
                    f"overlaps the shift on line {first.tree.key_mark.line}",
                    accepted="shifts of one node that share no minute of a weekday",
                )


def _crew(shift: Tree) -> _Crew | None:
    if not shift.is_mapping:
        return None
    plain = shift.plain()
    try:
        return _Crew(
            shift,
            q.weekdays(plain.get("days", "mon-fri")),
            q.minute_of_day(plain.get("start")),
            q.minute_of_day(plain.get("end")),
        )
    except q.QuantityError:
        return None


def check_lanes(tree: Tree, problems: Problems) -> None:
    """Report nodes with two sources, and nodes that replenish themselves by way of others."""
    lanes = tree.get("lanes")
    source: dict[str, str] = {}
    for lane in lanes.entries() if lanes is not None else ():
        begin, end = named(lane, "from"), named(lane, "to")
        if begin is None or end is None or lane.get("transit") is None:
            continue
        if end in source:
            message = f"{end} is already replenished by {source[end]}"
            problems.add(lane.key_mark, "lanes", message, value=end, accepted="one source for each node")
            continue
        source[end] = begin
        circle = _circle(source, end)
        if circle:
            message = f"nodes replenish one another in a circle: {' -> '.join(circle)}"
            problems.add(lane.key_mark, "lanes", message, value=end)
            del source[end]  # one report for each circle


def check_desks(tree: Tree, problems: Problems) -> None:
    """Report desks that escalate to themselves, straight or by way of others."""
    desks = tree.get("desks")
    above: dict[str, str] = {}
    for desk in desks.entries() if desks is not None else ():
        name, target = named(desk, "name"), named(desk, "escalates_to")
        if name is None or target is None:
            continue
        above[name] = target
        circle = _circle(above, name)
        if circle:
            message = f"desks escalate to one another in a circle: {' -> '.join(circle[::-1])}"
            problems.add(desk.key_mark, f"desks.{name}.escalates_to", message, value=target)
            del above[name]  # one report for each circle


def check_limits(tree: Tree, problems: Problems) -> None:
    """Report limits of states that have none in the lifecycle's tables."""
    rules = tree.get("rules")
    chosen = rules.get("limits") if rules is not None and rules.is_mapping else None
    for name, item in chosen.items() if chosen is not None and chosen.is_mapping else ():
        if name not in LIMITED:
            message = f"no state {name!r} has a time limit"
            accepted = ", ".join(LIMITED)
            problems.add(item.key_mark, f"rules.limits.{name}", message, value=name, accepted=accepted, known=LIMITED)


def check_breaches(tree: Tree, problems: Problems) -> None:
    """Report answers to breached limits that nobody could give."""
    rules, nodes = tree.get("rules"), tree.get("nodes")
    chosen = rules.get("breaches") if rules is not None and rules.is_mapping else None
    staffed = any(n.is_mapping and n.get("temporary_staff") is not None for n in (nodes.entries() if nodes else ()))
    for entry in chosen.entries() if chosen is not None else ():
        if not entry.is_mapping:
            continue
        key, by, action = f"rules.breaches.{named(entry, 'state')}", entry.get("by"), entry.get("action")
        if (by is None or by.value == "desk") and not _is_handled(tree, "breach"):
            accepted = "by: rule, or a desk whose `handles` has `breach`"
            problems.add(entry.key_mark, f"{key}.by", "no desk handles `breach`", accepted=accepted)
        if action is not None and action.value == "call_in" and not staffed:
            accepted = "another action, or a node with `temporary_staff`"
            problems.add(action.mark, f"{key}.action", "there is nobody to call in", value="call_in", accepted=accepted)


def check_disputes(tree: Tree, problems: Problems) -> None:
    """Report disputes and blind returns that no desk handles: their orders would never close."""
    returns = tree.get("returns")
    for key, kind, they in (
        ("dispute_share", "dispute", "customers dispute"),
        ("blind_share", "return", "returns come without a request"),
    ):
        share = returns.get(key) if returns is not None and returns.is_mapping else None
        if share is not None and _is_some(share) and not _is_handled(tree, kind):
            problems.add(
                share.mark,
                f"returns.{key}",
                f"{they}, and no desk handles `{kind}`: their orders would never close",
                value=share.value,
                accepted=f"0%, or a desk whose `handles` has `{kind}`",
            )


def check_billing(tree: Tree, problems: Problems) -> None:
    """Report payments that are short where nobody looks at what is missing."""
    channels = tree.get("channels")
    for channel in channels.entries() if channels is not None else ():
        contracts = channel.get("contracts") if channel.is_mapping else None
        for payer in (channel, *(contracts.entries() if contracts is not None else ())):
            share = payer.get("billing", "short_share") if payer.is_mapping else None
            if share is not None and _is_some(share) and not _is_handled(tree, "short_payment"):
                problems.add(
                    share.mark,
                    f"channels.{named(channel, 'name')}.billing.short_share",
                    "no desk handles `short_payment`: orders that are paid short would never close",
                    value=share.value,
                    accepted="0%, or a desk whose `handles` has `short_payment`",
                )


def check_handling_units(tree: Tree, problems: Problems) -> None:
    """Report pallets that no carrier takes, and a section that knows neither cases nor pallets."""
    units, carriers = tree.get("handling_units"), tree.get("carriers")
    if units is None or not units.is_mapping:
        return
    groups = [units.get(key) for key in ("categories", "products")]
    parts = [units, *(part for g in groups if g is not None and g.is_mapping for _, part in g.items())]
    said = {size: [s for p in parts if p.is_mapping and (s := p.get(size)) and s.value] for size in ("case", "pallet")}
    if not any(said.values()):
        message, accepted = "no product comes in cases or on pallets", "a `case` or a `pallet`, or no handling_units"
        problems.add(units.key_mark, "handling_units", message, accepted=accepted)
    for unit in said:
        time = units.get(f"{unit}_put_away")
        if time is not None and time.value is not None and not said[unit]:
            key, needed = f"handling_units.{unit}_put_away", f"null, or a `{unit}`"
            problems.add(time.mark, key, f"no product comes by the {unit}", value=time.value, accepted=needed)
    services = [carrier.get("services") for carrier in (carriers.entries() if carriers is not None else ())]
    takes = [s.get("pallets") for own in services if own is not None for s in own.entries() if s.is_mapping]
    if said["pallet"] and not any(rates is not None and rates.value for rates in takes):
        size, accepted = said["pallet"][0], "null, or a carrier's service with `pallets`"
        problems.add(
            size.mark, "handling_units.pallet", "no carrier takes pallets", value=size.value, accepted=accepted
        )


def check_refurbishing(tree: Tree, problems: Problems) -> None:
    """Report people who refurbish where there are no shifts, or nothing to refurbish."""
    nodes, categories = tree.get("nodes"), tree.get("categories")
    kinds = [c.get("refurbish_share") for c in (categories.entries() if categories is not None else ()) if c.is_mapping]
    any_goods = any(share is not None and _is_some(share) for share in kinds)
    for node in nodes.entries() if nodes is not None else ():
        people = node.get("refurbish") if node.is_mapping else None
        if people is None or not people.is_mapping:
            continue
        shifts, key = node.get("shifts"), f"nodes.{named(node, 'name')}.refurbish"
        if shifts is None or not shifts.entries():
            problems.add(people.key_mark, key, "nobody is ever there", accepted="null, or `shifts` of the node")
        if not any_goods:
            accepted = "null, or a category with a `refurbish_share`"
            problems.add(people.key_mark, key, "there is nothing to refurbish", accepted=accepted)


def check_making(tree: Tree, problems: Problems) -> None:
    """Report suppliers that plan by a forecast that nobody makes."""
    suppliers = tree.get("suppliers")
    for supplier in suppliers.entries() if suppliers is not None else ():
        sees = supplier.get("making", "sees") if supplier.is_mapping else None
        if sees is not None and sees.value == "forecast" and tree.get("policies", "forecast") is None:
            key = f"suppliers.{named(supplier, 'name')}.making.sees"
            accepted = "orders, or a policies.forecast"
            problems.add(sees.mark, key, "nobody forecasts", value=sees.value, accepted=accepted)


def check_approvals(tree: Tree, problems: Problems) -> None:
    """Report decisions that nobody would ever approve."""
    rules = tree.get("rules")
    over = rules.get("approve_over") if rules is not None and rules.is_mapping else None
    if over is None or not over.is_mapping or not over.value or _is_handled(tree, "decision"):
        return
    problems.add(
        over.key_mark,
        "rules.approve_over",
        "no desk handles `decision`: what waits for approval would wait for ever",
        accepted="{}, or a desk whose `handles` has `decision`",
    )


def _is_handled(tree: Tree, kind: str) -> bool:
    """Whether a desk takes a kind of exception; one that does not say takes every kind, and what is no list is told by
    the schema."""
    desks = tree.get("desks")
    if desks is None or not (desks.is_mapping or desks.is_list):
        return True  # the desk that is there by default handles every kind
    handles = [desk.get("handles") if desk.is_mapping else None for desk in desks.entries()]
    return any(h is None or not h.is_list or kind in h.plain() for h in handles)


def check_wrong_rules(tree: Tree, problems: Problems) -> None:
    """Report disruptions that spoil a rule of the house that there is not."""
    disruptions, workflow = tree.get("disruptions"), tree.get("workflow")
    known = [name for rule in (workflow.entries() if workflow is not None else ()) if (name := named(rule, "name"))]
    for entry in disruptions.entries() if disruptions is not None else ():
        rule = entry.get("rule") if entry.is_mapping else None
        if rule is not None and rule.value and str(rule.value) not in known:
            message = f"there is no rule {str(rule.value)!r} in workflow"
            accepted = listed(known) or "none: the scenario has no workflow"
            key = f"disruptions.{named(entry, 'name')}.rule"
            problems.add(rule.mark, key, message, value=rule.value, accepted=accepted, known=known)


def check_jams(tree: Tree, problems: Problems) -> None:
    """Report hubs that jam of carriers that have none."""
    disruptions, carriers = tree.get("disruptions"), tree.get("carriers")
    every = carriers.entries() if carriers is not None else ()
    having = [name for carrier in every if _has_hub(carrier) and (name := named(carrier, "name"))]
    for entry in disruptions.entries() if disruptions is not None else ():
        kind, carrier = (entry.get(key) if entry.is_mapping else None for key in ("kind", "carrier"))
        if kind is None or kind.value != "hub_jam" or carrier is None or str(carrier.value) in having:
            continue
        message = f"no service of {str(carrier.value)!r} has a hub"
        accepted = listed(having) or "none: give a service its `hub` first"
        problems.add(
            carrier.mark, f"disruptions.{named(entry, 'name')}.carrier", message, value=carrier.value, accepted=accepted
        )


def _has_hub(carrier: Tree) -> bool:
    services = carrier.get("services") if carrier.is_mapping else None
    hubs = [s.get("hub") for s in services.entries() if s.is_mapping] if services is not None else []
    return any(hub is not None and hub.value is not None for hub in hubs)


def check_attacks(tree: Tree, problems: Problems) -> None:
    """Report attacks whose orders nobody could tell from others, or that would never come."""
    disruptions, fraud, trace = tree.get("disruptions"), tree.get("fraud"), tree.get("trace")
    for entry in disruptions.entries() if disruptions is not None else ():
        rate = entry.get("orders_per_day") if entry.is_mapping else None
        if rate is None or not rate.value:
            continue
        key = f"disruptions.{named(entry, 'name')}.orders_per_day"
        if fraud is None or fraud.value is None:
            accepted = "0, or a `fraud` section: the score that these orders meet"
            problems.add(rate.mark, key, "there is no fraud score", value=rate.value, accepted=accepted)
        elif trace is not None and trace.value is not None:
            problems.add(rate.mark, key, "all orders come from a trace", value=rate.value, accepted="0")


def _is_some(share: Tree) -> bool:
    try:
        return q.share(share.value) > 0
    except q.QuantityError:
        return False  # its own report says so


def check_alternates(tree: Tree, problems: Problems) -> None:
    """Report suppliers that stand in for themselves."""
    suppliers = tree.get("suppliers")
    for supplier in suppliers.entries() if suppliers is not None else ():
        name, others = named(supplier, "name"), supplier.get("alternates")
        if name is not None and others is not None and others.is_list and name in others.plain():
            key = f"suppliers.{name}.alternates"
            problems.add(others.key_mark, key, "a supplier does not stand in for itself", value=name)
        second = supplier.get("second_source")
        source = second.get("supplier") if second is not None and second.is_mapping else None
        if name is not None and source is not None and source.plain() == name:
            key = f"suppliers.{name}.second_source.supplier"
            problems.add(source.mark, key, "a supplier is no second source of its own", value=name)


def check_currencies(tree: Tree, problems: Problems) -> None:
    """Report currencies of entities and channels that have no rate from the start on, and money between nobody."""
    entities, rates = tree.get("entities"), tree.get("fx_rates")
    known: set[str] = set()
    for rate in rates.entries() if rates is not None else ():
        currency, at = named(rate, "currency"), rate.get("at")
        if currency is not None and (at is None or at.value in (0, "0", "0d", "0h")):
            known.add(currency)
    own = [e for e in (entities.entries() if entities is not None else ()) if e.is_mapping]
    group = named(own[0], "currency") or "USD" if own else "USD"
    for rate in rates.entries() if rates is not None else ():
        if named(rate, "currency") == group:
            what = "is the first entity's own, in which all rates are told"
            problems.add(rate.key_mark, "fx_rates", what, value=group, accepted="another currency")
    abroad = {
        kind: [s for s in found.entries() if s.is_mapping and named(s, "currency")]
        for kind in ("channels", "suppliers", "carriers")
        if (found := tree.get(kind)) is not None
    }
    for kind, sections in (("entities", own[1:]), *abroad.items()):
        for section in sections:
            currency = named(section, "currency") or "USD"
            if currency not in {group, *known}:
                key = f"{kind}.{named(section, 'name')}.currency"
                accepted = f"{group}, or a currency with an entry of fx_rates that has no `at`: its rate at the start"
                problems.add(
                    section.key_mark, key, f"nobody knows what {currency} is worth", value=currency, accepted=accepted
                )
    _check_treasury(tree.get("treasury"), len(own), abroad, problems)


def _check_treasury(treasury: Tree | None, entities: int, abroad: dict[str, list[Tree]], problems: Problems) -> None:
    there = treasury is not None and treasury.is_mapping
    if there and treasury is not None and entities < 2 and not any(abroad.values()):
        accepted = "two or more entities, or a channel, supplier or carrier with a currency of its own"
        problems.add(treasury.key_mark, "treasury", "one entity owes nobody anything", accepted=accepted)
    for kind, section in ((k, s) for k, found in abroad.items() for s in found if not there):
        key, accepted = f"{kind}.{named(section, 'name')}.currency", "a treasury, such as `treasury: {}`"
        problems.add(section.key_mark, key, "nobody exchanges it", value=named(section, "currency"), accepted=accepted)


def _circle(source: dict[str, str], start: str) -> list[str]:
    """The nodes from ``start`` up its sources back to itself, in the order in which goods would flow."""
    path = [start]
    while path[-1] in source:
        path.append(source[path[-1]])
        if path[-1] == start:
            return path[::-1]
    return []
