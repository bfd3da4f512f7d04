"""Local times as exports write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray


def parse_moment(text: str, formats: Sequence[str], timezone: str) -> datetime | None:
    """A local time without zone, from one of ``formats`` or from ISO 8601; None if it is neither.

    An ISO time that states its offset is brought to ``timezone`` first.
    """
    for form in formats:
        try:
            return _plausible(datetime.strptime(text, form))
        except ValueError:
            continue
    if len(text) < len("2010-12-01 08:26"):
        return None  # a date alone would put every order at midnight
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return _plausible(moment.replace(microsecond=0))


def _plausible(moment: datetime) -> datetime | None:
    """None for a year that no order bears: one of them would stretch the clock over centuries."""
    return moment if 1970 <= moment.year < 2200 else None


def odd_local_times(at: NDArray[np.datetime64], timezone: str) -> NDArray[np.bool_]:
    """Which of ``at`` the clocks of ``timezone`` never showed, or showed twice: summer time."""
    zone = ZoneInfo(timezone)
    distinct, where = np.unique(at, return_inverse=True)

    def odd(moment: datetime) -> bool:
        first, second = (moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
        return first != second

    # The two changes of a year fall on two days; asking hour by hour is asking few.
    hours, hour_of = np.unique(distinct.astype("datetime64[h]"), return_inverse=True)
    odd_hours = np.array([odd(moment) for moment in hours.astype(datetime).tolist()], dtype=bool)
    return np.asarray(odd_hours[hour_of][where])
