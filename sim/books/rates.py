"""What is charged where: the network's prices and rates as arrays, for amounts of many records at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.network import PAYMENT_KINDS, Network
from sim.plans.handling_units import HandlingPlan
from sim.units import BASIS_POINTS, HOUR_MS

Ints = NDArray[np.int64]


def rounded_share(amount: Ints, basis_points: Ints) -> Ints:
    """``amount`` x ``basis_points`` / 10,000, half up; amounts are not negative."""
    return (amount * basis_points + BASIS_POINTS // 2) // BASIS_POINTS


@dataclass(slots=True)
class Rates:
    """The network's prices and rates as arrays by channel, node and payment."""

    tax_bp: Ints
    commission_bp: Ints
    shipping_fee: Ints
    payment_kind: NDArray[np.int64]
    payment_fee_bp: NDArray[np.int64]
    payment_fee: NDArray[np.int64]
    order_labour: Ints
    line_labour: Ints
    order_fee: Ints
    line_fee: Ints
    wage: tuple[int, ...]
    handling_units: HandlingPlan | None
    case_units: Ints
    pallet_units: Ints
    packaging: Ints
    return_labour: Ints
    transfer_bp: Ints
    stock_bp: Ints

    @classmethod
    def of(cls, network: Network) -> Rates:
        """Tabulate ``network``; payment tables have shape (channels, payments)."""
        channels, nodes, plan = network.channels, network.nodes, network.handling_units
        width = max(len(c.payments) for c in channels)

        def by_payment(field: str) -> NDArray[np.int64]:
            table = np.zeros((len(channels), width), dtype=np.int64)
            for i, channel in enumerate(channels):
                for j, payment in enumerate(channel.payments):
                    value = getattr(payment, field)
                    table[i, j] = PAYMENT_KINDS.index(value) if field == "kind" else value
            return table

        def labour(station: int) -> Ints:
            return np.array(
                [round(n.piece_cents_per_hour * n.stations[station].work_ms.mean / HOUR_MS) for n in nodes],
                dtype=np.int64,
            )

        def ints(values: list[int]) -> Ints:
            return np.array(values, dtype=np.int64)

        return cls(
            tax_bp=ints([0 if c.kind == "marketplace" else network.entities[c.entity].tax_bp for c in channels]),
            commission_bp=ints([c.commission_bp for c in channels]),
            shipping_fee=ints([c.shipping_fee_cents for c in channels]),
            payment_kind=by_payment("kind"),
            payment_fee_bp=by_payment("fee_bp"),
            payment_fee=by_payment("fee_cents"),
            order_labour=labour(1) + ints([n.order_fee_cents for n in nodes]),
            line_labour=labour(0) + ints([n.line_fee_cents for n in nodes]),
            order_fee=ints([n.order_fee_cents for n in nodes]),
            line_fee=ints([n.line_fee_cents for n in nodes]),
            wage=tuple(n.piece_cents_per_hour for n in nodes),
            handling_units=plan,
            case_units=ints([] if plan is None else list(plan.case_units)),
            pallet_units=ints([] if plan is None else list(plan.pallet_units)),
            packaging=ints([n.packaging_cents for n in nodes]),
            return_labour=labour(3),
            transfer_bp=ints([BASIS_POINTS + network.entities[n.entity].transfer_markup_bp for n in nodes]),
            stock_bp=ints([BASIS_POINTS + network.entities[n.entity].stock_markup_bp for n in nodes]),
        )
