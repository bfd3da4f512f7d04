"""The agents of a run: as they are where all is told at once, and behind interfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.agents.channels.channel import Channel
from sim.agents.finance.finance import Finance
from sim.agents.floor.warehouse import Warehouse
from sim.agents.orders.completion import Completion
from sim.agents.orders.intake import Intake
from sim.agents.orders.orchestrator import Orchestrator
from sim.agents.orders.reviews import Reviews
from sim.agents.returns.returns import ReturnsDesk
from sim.messages.doubles import Doubles
from sim.messages.exchange import Exchange
from sim.messages.floor import RemoteWarehouse
from sim.messages.money import RemoteCompletion, RemoteFinance, RemoteReturns
from sim.messages.order_in import RemoteChannel, RemoteIntake, RemoteOrchestrator, RemoteReviews
from sim.messages.plan import MESSAGES, act_twice
from sim.world import World

if TYPE_CHECKING:
    from sim.agents.site import Site

_REMOTE: dict[type, type] = {
    Intake: RemoteIntake,
    Reviews: RemoteReviews,
    Orchestrator: RemoteOrchestrator,
    Channel: RemoteChannel,
    Warehouse: RemoteWarehouse,
    Finance: RemoteFinance,
    ReturnsDesk: RemoteReturns,
    Completion: RemoteCompletion,
}
"""What stands before each agent that messages may come to."""


def maker(world: World) -> Callable[[type], Any]:
    """Which class to make an agent of: itself where nothing travels, else the same behind its interface."""
    return _behind if is_remote(world) else lambda agent: agent


def is_remote(world: World) -> bool:
    """Whether anything comes between what one system does and what another knows."""
    return bool(world.messages) or any(c.rekeying or c.pending for c in world.network.channels)


def _behind(agent: type) -> type:
    remote = next(_REMOTE[base] for base in agent.__mro__ if base in _REMOTE)
    if issubclass(remote, agent):
        return remote
    # A channel of a special kind says first what it sold; elsewhere the interface comes before all that is special.
    bases = (agent, remote) if issubclass(remote, Channel) else (remote, agent)
    return type(remote.__name__, bases, {})


def connect(site: Site, exchange: Exchange) -> None:
    """Tell the exchange who hears what."""
    intake, finance, returns, warehouses = site.intake, site.finance, site.returns, site.warehouses
    assert isinstance(intake, RemoteIntake)
    assert isinstance(finance, RemoteFinance)
    assert isinstance(returns, RemoteReturns)

    def floor(node: int) -> RemoteWarehouse:
        warehouse = warehouses[node]
        assert isinstance(warehouse, RemoteWarehouse)
        return warehouse

    def release(shipments: list[int]) -> None:
        for shipment in shipments:
            floor(site.register.shipments.node[shipment]).hear(shipment)

    def put_away(goods: list[int]) -> None:
        by_node: dict[int, list[int]] = {}
        for record in goods:
            by_node.setdefault(site.register.goods.node[record], []).append(record)
        for node, own in by_node.items():
            floor(node).record_put_away(own)

    doubles = Doubles(site, finance)
    if act_twice(site.world.messages, *MESSAGES):
        exchange.mending.doubles = doubles
    exchange.answer("order_in", intake.hear, intake.hear_again)
    exchange.answer("release", release, doubles.release)
    exchange.answer("ship_confirmation", finance.hear, doubles.confirm)
    exchange.answer("receipt", put_away, doubles.receipt)
    exchange.answer("return_receipt", returns.hear, returns.hear_again)
    exchange.answer("tracking", None, doubles.track)
    exchange.answer("posting", finance.hear_payouts, doubles.post)
