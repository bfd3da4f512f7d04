"""Numbers as a planner reads them: with their unit, and no more digits than they bear."""

from __future__ import annotations

import math

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
MINUS = "−"


def display(value: float, unit: str = "", currency: str = "USD", signed: bool = False) -> str:
    """A measure's value as text.

    Parameters
    ----------
    value
        In ``unit``; NaN becomes a dash.
    unit
        ``cents`` becomes an amount of money, ``share`` a percentage, ``hours`` has an h behind it; a
        ``count`` or a ``ratio`` is the number alone, and any other unit stands behind it.
    currency
        Of amounts.
    signed
        Whether to write a plus before what is positive, as for a difference. Differences of shares are in
        points.
    """
    if not math.isfinite(value):
        return "–"
    sign = MINUS if value < 0 else ("+" if signed and value > 0 else "")
    size = abs(value)
    if unit == "cents":
        return sign + _money(size / 100, currency)
    if unit == "share":
        return f"{sign}{100 * size:.1f} points" if signed else f"{sign}{100 * size:.1f}%"
    if unit == "hours":
        return f"{sign}{size:,.1f} h"
    number = _plain(size)
    return f"{sign}{number} {unit}" if unit not in ("", "count", "ratio") else sign + number


def exact(cents: int, currency: str = "USD") -> str:
    """Money to its minor unit, as an accountant reads it."""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{MINUS if cents < 0 else ''}{symbol}{abs(cents) / 100:,.2f}"


def _money(amount: float, currency: str) -> str:
    if amount >= 1_000_000:
        digits = f"{amount / 1_000_000:,.2f}M"
    else:
        digits = f"{amount:,.0f}" if amount >= 10_000 else f"{amount:,.2f}"
    symbol = SYMBOLS.get(currency)
    return symbol + digits if symbol else f"{currency} {digits}"


def _plain(size: float) -> str:
    if size == int(size) or size >= 1_000:
        return f"{size:,.0f}"
    return f"{size:.1f}" if size >= 10 else f"{size:.2f}"


def percent(probability: float) -> str:
    """A probability as text, never rounded up to certainty."""
    if not math.isfinite(probability):
        return "unknown"
    if probability > 0.999:
        return "99.9%"
    return f"{math.floor(1000 * probability) / 10:.1f}%"
