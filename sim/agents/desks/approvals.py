"""Approval: decisions that are worth more than a threshold wait until people have looked at them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.agents.desks.cases import goods_as_order, record_of
from sim.books.kinds import NUMBER
from sim.disruptions.wrong_rule import WrongRule

if TYPE_CHECKING:
    from sim.agents.site import Site

_ASKED, _APPROVED, _REJECTED = (NUMBER[k] for k in ("decision_asked", "decision_approved", "decision_rejected"))

Act = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be done once it is approved, or undone if it is not; ``is_wrong``: a wrong rule proposed it."""

    point: str
    key: Hashable
    cents: int
    act: Act
    drop: Act
    what: Any
    is_wrong: bool


class Approvals:
    """Decisions that wait for the desk that handles ``decision``.

    People approve what the company's own policy proposes and reject what a wrong rule does, but for the shares in which
    each of them errs. What is approved is done if it still can be: that is for who proposed it to see.
    """

    def __init__(self, site: Site, planner: int) -> None:
        self._site, self._planner = site, planner
        self._over_cents = site.world.rules.approve_over_cents
        self._open: dict[int, Proposal] = {}
        self._keys: set[Hashable] = set()
        self._asked = 0
        self._luck = site.streams.counter("judgement of decisions", "approvals")
        self._wrong = [o.disruption for o in site.occurrences if isinstance(o.disruption, WrongRule)]

    def propose(self, point: str, key: Hashable, cents: int, act: Act, drop: Act, what: Any) -> None:
        """Do it now if it is worth no more than the threshold of its decision point; else ask. What bears the key of
        something that waits is dropped: it has been asked about."""
        over = self._over_cents.get(point)
        if over is None or cents <= over:
            act(what)
            return
        if key in self._keys:
            drop(what)
            return
        self._asked += 1
        number = goods_as_order(self._asked)
        self._open[number] = Proposal(point, key, cents, act, drop, what, self._is_wrong(point))
        self._keys.add(key)
        self._tell(_ASKED, self._planner, cents)
        self._site.exceptions.put(number, "decision")

    def cents(self, number: int) -> int:
        """What a decision that waits is worth."""
        return self._open[number].cents

    def decided(self, number: int, desk: int) -> None:
        """People have looked at it."""
        proposal = self._open.pop(number)
        self._keys.discard(proposal.key)
        trait, usual = ("overrules", 1.0) if proposal.is_wrong else ("mistrusts", 0.0)
        person, share = self._site.judges.who(desk, number, trait, usual)
        is_rejected = self._luck.at(record_of(number)) < share
        self._tell(_REJECTED if is_rejected else _APPROVED, person, proposal.cents)
        if is_rejected:
            proposal.drop(proposal.what)
        else:
            proposal.act(proposal.what)

    def _tell(self, kind: int, actor: int, cents: int) -> None:
        self._site.log.one(kind, actor, 0, self._site.register.notes.add(value_cents=cents))

    def _is_wrong(self, point: str) -> bool:
        now = self._site.clock.now_ms
        return any(d.decides(point) and d.at_ms <= now < d.at_ms + d.duration_ms for d in self._wrong)
