"""Cases: an order (or a record of goods) and a kind of exception, in one number."""

from __future__ import annotations

from sim.world import EXCEPTION_KINDS

_NUMBER = {kind: number for number, kind in enumerate(EXCEPTION_KINDS)}
_FIRST_KINDS = 6
"""Cases of these are numbered by order; those of the others have a range each, so that a further kind shifts nobody's
number, of which the luck of handling times depends."""
_RANGE, _GOODS = 1 << 40, 1 << 39


def case_of(order: int, kind: str) -> int:
    """The number of a case."""
    number = _NUMBER[kind]
    return order * _FIRST_KINDS + number if number < _FIRST_KINDS else number * _RANGE + order


def order_and_kind(case: int) -> tuple[int, str]:
    """What a case is about."""
    number, order = divmod(case, _RANGE)
    if not number:
        order, number = divmod(case, _FIRST_KINDS)
    return order, EXCEPTION_KINDS[number]


def goods_as_order(record: int) -> int:
    """What stands for the order of a case that is about a record of goods."""
    return _GOODS + record


def record_of(order: int) -> int:
    """The record that stands for the order of a case, as `goods_as_order` had it."""
    return order - _GOODS


def is_order(order: int) -> bool:
    """Whether a case is about an order, and not about goods."""
    return order < _GOODS
