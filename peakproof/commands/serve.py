"""``peakproof serve``: the decision service over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Policies, Scenario, Sets, Use

HELP = """Answer requests for decisions over HTTP, with a page that describes and tries them at /docs.

Examples:

    peakproof serve baseline
    peakproof serve my-shop.yaml --policy allocation=cheapest --port 8400
    curl -X POST localhost:8321/decisions/allocation -H "content-type: application/json" -d @request.json

The scenario is the network; each request brings its own orders and stock, and nothing is remembered. The service has
no log-in: it listens on this machine alone unless --host says otherwise. It needs the extra: peakproof[service].
"""


@told
def serve(
    scenario: Scenario,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = 8321,
    policy: Policies = [],  # noqa: B006  # typer reads the default and never changes it
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
) -> None:
    """Serve decisions (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from scenarios.load import load
    from sim.extras import needed

    with needed("service"):
        import uvicorn

        from peakproof.service.web import create_app
    app = create_app(load(scenario, use, set_, policy))
    say(f"Decisions for {scenario} at http://{host}:{port}/docs; Ctrl-C stops it.")
    uvicorn.run(app, host=host, port=port, log_level="warning")


serve.__doc__ = HELP
