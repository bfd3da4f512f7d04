"""The command line. Commands import what is heavy when they run, so that ``--help`` answers at once."""

from __future__ import annotations

import typer

from peakproof.commands import decide as deciding
from peakproof.commands.alerts import alerts
from peakproof.commands.changes import changes
from peakproof.commands.compare import compare
from peakproof.commands.continuity import continuity
from peakproof.commands.demo import demo
from peakproof.commands.harm import harm
from peakproof.commands.hindsight import hindsight
from peakproof.commands.importing import import_orders
from peakproof.commands.inbound import inbound
from peakproof.commands.listing import show_list
from peakproof.commands.margin import margin
from peakproof.commands.report import report
from peakproof.commands.run import run
from peakproof.commands.schema import schema
from peakproof.commands.serve import serve
from peakproof.commands.shadow import shadow
from peakproof.commands.timeline import timeline
from peakproof.commands.tune import tune
from peakproof.commands.validate import validate

HELP = """Simulate an online shop's order-to-fulfilment network, and compare decision rules honestly.

Begin with:

    peakproof demo
    peakproof list scenarios
    peakproof run outage
    peakproof compare outage --policies closest,cheapest --replications 10

Each command explains itself: peakproof run --help
"""


def taught(text: str) -> str:
    """Help text whose indented paragraphs keep their lines: examples are to be read, and copied, as they
    stand."""
    return "\n\n".join(f"\b\n{part}" if part.startswith(" ") else part for part in text.split("\n\n"))


app = typer.Typer(
    name="peakproof",
    help=taught(HELP),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"peakproof {version('peakproof')}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Options of the program itself; its help is `HELP`."""


# In the order in which a newcomer needs them.
_COMMANDS = (
    ("demo", demo, "Which allocation rule survives an outage? Two minutes."),
    ("run", run, "Run a scenario once: books, measures, report."),
    ("compare", compare, "Run several policies on the same customers."),
    ("tune", tune, "Which parameters serve a policy best, and what that is worth."),
    ("changes", changes, "Which single change recovers how much, and in which order to make them."),
    ("alerts", alerts, "What acting on alerts saves."),
    ("continuity", continuity, "What a disruption did, by scenario and by policy."),
    ("list", show_list, "Names of scenarios, policies, disruptions, kpis, formats."),
    ("validate", validate, "Is this scenario in order?"),
    ("harm", harm, "From the stale view to the lost sale, order by order."),
    ("hindsight", hindsight, "How far a run is from what anybody could have done."),
    ("margin", margin, "What each SKU, order or channel earned."),
    ("inbound", inbound, "What is on order, how late, and who waits for it."),
    ("timeline", timeline, "One order's story."),
    ("report", report, "Write the page of a run or a comparison anew."),
    ("import", import_orders, "Turn an export of orders into a scenario."),
    ("shadow", shadow, "What a policy would have changed of a day that has passed."),
    ("serve", serve, "Decisions on live data over HTTP."),
    ("schema", schema, "The JSON Schema of scenario files."),
)
for _name, _command, _short in _COMMANDS:
    app.command(_name, short_help=_short, help=taught(_command.__doc__ or ""))(_command)
for _name, _decision, _short, _help in deciding.COMMANDS:
    deciding.decide.command(_name, short_help=_short, help=taught(_help))(_decision)
_short = "What a policy would do with live orders and stock."
app.add_typer(deciding.decide, name="decide", short_help=_short, help=taught(deciding.HELP))


def main() -> None:
    """Entry point of the ``peakproof`` program."""
    app()
