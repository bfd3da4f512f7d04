"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Scenario = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="A name that 'peakproof list scenarios' shows, or a YAML file."),
]
Policies = Annotated[
    list[str],
    typer.Option(
        "--policy",
        metavar="DECISION=NAME",
        help="Who decides, with parameters if need be: allocation=cheapest, carrier=fixed:service=ground. Repeatable.",
    ),
]
Sets = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one key of the scenario: horizon.end=21d, nodes.AVP.wave_interval=30min. Repeatable.",
    ),
]
Use = Annotated[
    list[str],
    typer.Option("--use", metavar="NAME", help="Apply one of the scenario's own named overrides. Repeatable."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same customers, same bits.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; by default one a core.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Do not say how far it is: no bar, nor, where piped, a line each half minute."),
]
