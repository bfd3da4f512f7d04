"""The decision service over HTTP: rows as JSON in, decisions out; nothing is remembered between requests.

The page at ``/docs`` is Swagger UI from this machine: it asks no other host for anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from peakproof.service import decisions, wire
from peakproof.service.network import LiveNetwork, label
from peakproof.service.rows import requested
from scenarios.errors import Problem, Problems, ScenarioError, shown
from scenarios.load import Loaded
from scenarios.settings import known_policies
from sim.errors import DecisionError

OF = "the request"
SERVED = ("allocation", "replenishment", "release", "transfers")
"""The decisions that can be asked for; the others look at what only a running operation knows."""

_ABOUT = """
Asks the policies of a simulation about live orders and stock.

Every request brings all that its decision needs: the service keeps no stock and remembers nothing, so the same request
has the same answer. Rows are those of the files that `peakproof decide` reads.
"""


def create_app(loaded: Loaded) -> FastAPI:
    """The service for one scenario."""
    live = LiveNetwork(loaded.world)
    app = FastAPI(
        title=f"Peakproof decisions: {loaded.world.name}",
        description=_ABOUT,
        version=_version(),
        docs_url=None,
        redoc_url=None,
    )
    _add_pages(app)
    _add_refusals(app)
    _add_facts(app, loaded, live)
    _add_decisions(app, live)
    app.openapi = _described(app, live)  # type: ignore[method-assign]  # how FastAPI lets a schema be changed
    return app


def _version() -> str:
    from importlib.metadata import version

    return version("peakproof")


def _add_pages(app: FastAPI) -> None:
    app.mount("/assets", StaticFiles(directory=str(swagger_ui_path)), name="assets")

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/docs")

    @app.get("/docs", include_in_schema=False)
    def page() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="/assets/favicon-32x32.png",
            # Its badge would send the document's address to a validator elsewhere.
            swagger_ui_parameters={"validatorUrl": None},
        )


def _add_refusals(app: FastAPI) -> None:
    """What is wrong with a request is told in one form, whoever found it."""

    @app.exception_handler(ScenarioError)
    def refused(_: Request, error: ScenarioError) -> JSONResponse:
        return _refusal(error)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        return _refusal(ScenarioError([_problem(fault) for fault in error.errors()], OF))

    @app.exception_handler(DecisionError)
    def infeasible(_: Request, error: DecisionError) -> JSONResponse:
        return JSONResponse(wire.Refusal(detail=str(error), problems=[]).model_dump(), 500)


def _refusal(error: ScenarioError) -> JSONResponse:
    faults = [
        wire.Fault(where=str(p.mark), key=p.key, message=p.message, accepted=p.accepted, suggestion=p.suggestion)
        for p in error.problems
    ]
    return JSONResponse(wire.Refusal(detail=str(error).splitlines()[0].rstrip(":"), problems=faults).model_dump(), 422)


def _problem(fault: dict[str, Any]) -> Problem:
    """One of pydantic's faults in our form: ``orders[3]: units: 0 does not fit``."""
    where, key = "body", ""
    for step in fault["loc"][1:]:
        if isinstance(step, int):
            where, key = f"{key or where}[{step}]", ""
        else:
            key = str(step)
    if fault["type"] == "missing":
        return Problem(where, 0, 0, key, "is missing")
    if fault["type"] == "extra_forbidden":
        return Problem(where, 0, 0, key, "unknown key")
    if fault["type"] == "json_invalid":
        return Problem("body", 0, 0, "", "is not JSON")
    message = f"{shown(fault.get('input'))} does not fit"
    return Problem(where, 0, 0, key, message, accepted=fault["msg"].removeprefix("Input should be "))


def _add_facts(app: FastAPI, loaded: Loaded, live: LiveNetwork) -> None:
    world = loaded.world

    @app.get("/health", tags=["about"], summary="Whether it works, and for which scenario")
    def health() -> dict[str, Any]:
        """Whether the service works, and for which scenario."""
        network = live.network
        return {
            "status": "ok",
            "scenario": world.name,
            "nodes": len(network.nodes),
            "products": len(network.products),
            "version": _version(),
        }

    @app.get("/policies", tags=["about"], summary="Who may take each decision")
    def policies() -> dict[str, Any]:
        """Who may take each decision, and who does where a request names nobody."""
        known = known_policies(solvers=True)
        own = world.policies
        return {
            decision: {
                "default": label(own[decision]) if decision in own else None,
                "known": {name: " ".join((cls.__doc__ or "").split("\n\n")[0].split()) for name, cls in found.items()},
            }
            for decision, found in known.items()
            if decision in SERVED
        }


def _add_decisions(app: FastAPI, live: LiveNetwork) -> None:
    refusal: dict[int | str, dict[str, Any]] = {422: {"model": wire.Refusal, "description": "What is wrong with it"}}
    tags: list[Any] = ["decisions"]

    @app.post("/decisions/allocation", summary="Which node sends what of each order", responses=refusal, tags=tags)
    def allocation(asked: wire.AllocationRequest) -> wire.AllocationAnswer:
        """Which node sends what of each order; each is decided with the stock that those before it left."""
        problems = Problems()
        orders, stock = requested(asked.orders, "orders", problems), requested(asked.stock, "stock", problems)
        return decisions.decide_allocation(live, asked, orders, stock, problems, OF)

    @app.post("/decisions/replenishment", summary="What each node should order", responses=refusal, tags=tags)
    def replenishment(asked: wire.ReplenishmentRequest) -> wire.ReplenishmentAnswer:
        """What each node should order."""
        problems = Problems()
        stock = requested(asked.stock, "stock", problems)
        return decisions.decide_replenishment(live, asked, stock, problems, OF)

    @app.post("/decisions/release", summary="What the next waves should take first", responses=refusal, tags=tags)
    def release(asked: wire.ReleaseRequest) -> wire.ReleaseAnswer:
        """In which sequence the next waves should take what waits."""
        problems = Problems()
        shipments = requested(asked.shipments, "shipments", problems)
        return decisions.decide_release(live, asked, shipments, problems, OF)

    @app.post("/decisions/transfers", summary="What should move ahead of demand", responses=refusal, tags=tags)
    def transfers(asked: wire.TransfersRequest) -> wire.TransfersAnswer:
        """What should go from one node to another ahead of demand."""
        problems = Problems()
        stock = requested(asked.stock, "stock", problems)
        return decisions.decide_transfers(live, asked, stock, problems, OF)


def _described(app: FastAPI, live: LiveNetwork) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document in version 3.0, which is the one that the bundled page reads."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                openapi_version="3.0.3",
            )
            for decision, example in _examples(live).items():
                content = made["paths"][f"/decisions/{decision}"]["post"]["requestBody"]["content"]
                content["application/json"]["example"] = example
            app.openapi_schema = _as_3_0(made)
        return app.openapi_schema

    return openapi


def _examples(live: LiveNetwork) -> dict[str, dict[str, Any]]:
    """A request for each decision, in the scenario's own names, for people to try."""
    network, start = live.network, live.world.calendar.start
    node, sku = network.nodes[0].name, network.products[0].sku
    order = {"order_ref": "1001", "sku": sku, "units": 2}
    order |= {"channel": network.channels[0].name, "region": network.regions[0].name}
    moments = {"planned_at": start.isoformat(), "ship_by": (start + timedelta(days=1)).isoformat()}
    position = {"sku": sku, "on_order": 0}
    return {
        "allocation": {"orders": [order], "stock": [{"node": node, "sku": sku, "available": 5}]},
        "replenishment": {"stock": [{"node": node, "available": 0, **position}]},
        "release": {"shipments": [{"shipment_ref": "S1", "node": node, **moments}]},
        "transfers": {
            "policy": "level_cover",
            "stock": [
                {"node": place.name, "available": 20 * (place is network.nodes[0]), "daily_demand": 2.0, **position}
                for place in network.nodes[:2]
            ],
        },
    }


def _as_3_0(node: Any) -> Any:
    """JSON Schema 2020-12, as pydantic writes it, in the words of OpenAPI 3.0: ``nullable`` and ``example``."""
    if isinstance(node, list):
        return [_as_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_3_0(value) for key, value in node.items()}
    forms = found.get("anyOf")
    if isinstance(forms, list) and {"type": "null"} in forms:
        rest = [form for form in forms if form != {"type": "null"}]
        found.pop("anyOf")
        found = {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **found, "nullable": True}
    if isinstance(found.get("examples"), list):
        found["example"] = found.pop("examples")[0]
    return found
