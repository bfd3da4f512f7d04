"""``peakproof schema``: the form of a scenario file, for editors that complete and check as one types."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Print the JSON Schema of scenario files, or write it to a file.

Examples:

    peakproof schema
    peakproof schema --out scenario.schema.json

An editor with a YAML plug-in then completes keys and marks mistakes; its first line in the scenario file is
"# yaml-language-server: $schema=scenario.schema.json".
"""


@told
def schema(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; by default it is printed.")] = None,
) -> None:
    """Give the JSON Schema (`HELP` is what the command line shows)."""
    import json

    from scenarios.schema.scenario import Scenario

    text = json.dumps(Scenario.model_json_schema(), indent=2, ensure_ascii=False)
    if out is None:
        typer.echo(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Written to {out}")


schema.__doc__ = HELP
