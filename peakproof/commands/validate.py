"""``peakproof validate``: whether a scenario is in order."""

from __future__ import annotations

from peakproof.commands.errors import told
from peakproof.commands.options import Policies, Scenario, Sets, Use

HELP = """Read a scenario without running it, and report everything that is wrong with it at once.

Examples:

    peakproof validate my-shop.yaml
    peakproof validate outage --set nodes.AVP.wave_interval=30min

The exit code is 0 if it can be run and 2 if not; each problem is told with its file, line, column, key and
what is accepted there. What can be run and is probably not meant, such as an outage after the end of demand or
a node at which nobody picks, is told, too.
"""


@told
def validate(
    scenario: Scenario,
    policy: Policies = [],  # noqa: B006  # typer reads the default and never changes it
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
) -> None:
    """Check a scenario (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from scenarios.load import load, warnings

    world = load(scenario, use, set_, policy).world
    network = world.network
    parts = [
        f"{len(network.products):,} products",
        f"{len(network.nodes)} nodes",
        f"{len(network.services)} carrier services",
        f"{len(network.channels)} channels",
        f"{len(world.disruptions)} disruptions",
    ]
    decided = ", ".join(f"{decision} by {choice.name}" for decision, choice in world.policies.items())
    say(f"{world.name} is in order: {', '.join(parts)}.")
    say(f"Decided: {decided}.")
    for warning in warnings(world):
        say(f"But: {warning}.")


validate.__doc__ = HELP
