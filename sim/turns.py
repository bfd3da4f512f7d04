"""Whose turn it is: which policy takes each decision at this moment."""

from __future__ import annotations

from sim.agents.alerts.watch import Watch
from sim.agents.site import Site
from sim.disruptions import in_force
from sim.disruptions.wrong_rule import WrongRule
from sim.world import PolicyChoice, World

_IDLE = ("none", "fixed")
"""Policies that move no work, no stock and no people."""


class Turns:
    """Puts policies in force, of those that a scenario, its alerts, its fallbacks or a wrong rule name."""

    def __init__(self, world: World, site: Site) -> None:
        self.world, self.site = world, site
        self.clock, self.occurrences = site.clock, site.occurrences
        self.watch: Watch | None = None
        """Whose alerts may put policies in force."""

    def put_in_force(self, decision: str) -> None:
        """Let the policy decide whose turn it is: a wrong rule's, else that of an alert, else that of a fallback, else
        the last one that the scenario changed to."""
        due = [c.choice for c in self.world.policy_changes if c.decision == decision and c.at_ms <= self.clock.now_ms]
        meanwhile = [] if self.site.short_crews is None else self.site.short_crews.choices(decision)
        alerted = [] if self.watch is None else self.watch.choices(decision)
        wrong = [PolicyChoice(d.policy) for d in in_force(self, WrongRule) if d.decides(decision)]
        first = [self.world.policies[decision]] if decision in self.world.policies else []
        # A decision that nobody takes but a wrong rule has none to go back to.
        for choice in [*first, *due, *meanwhile, *alerted, *wrong][-1:]:
            self.site.policies.choose(decision, choice)
        if decision == "promise":
            self.site.promises.renew()

    def choices(self, decision: str) -> list[PolicyChoice]:
        """Every policy that takes a decision at some moment of the run, or may."""
        world = self.world
        chosen = [world.policies[decision]] if decision in world.policies else []
        chosen += [change.choice for change in world.policy_changes if change.decision == decision]
        chosen += [alert.policies[decision] for alert in world.alerts if decision in alert.policies]
        labour = world.fallbacks.labour
        chosen += [labour.policies[decision]] if labour is not None and decision in labour.policies else []
        wrong = [o.disruption for o in self.occurrences if isinstance(o.disruption, WrongRule)]
        return chosen + [PolicyChoice(d.policy) for d in wrong if d.decides(decision)]

    def ever_decides(self, decision: str) -> bool:
        """Whether a policy other than one that does nothing takes a decision at any moment of the run."""
        return any(choice.name not in _IDLE for choice in self.choices(decision))
