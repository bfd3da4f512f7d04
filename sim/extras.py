"""Optional parts: what to install when one is asked for that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sim.errors import PeakproofError


class MissingExtraError(PeakproofError):
    """A part of Peakproof is not installed."""


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Around imports of packages that come with an extra of Peakproof.

    Raises
    ------
    MissingExtraError
        With the way to install it, where one of them is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this needs {error.name}, which is not installed; install the extra: pip install 'peakproof[{extra}]'"
        ) from None
