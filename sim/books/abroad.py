"""Who knows what channels in a foreign currency ask."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger]


class Abroad(Protocol):
    """Knows what was fixed in the currency of a channel."""

    def worth(self, channel: Ints, at_ms: Ints, cents: Ints) -> Ints:
        """Amounts that were told in the group's currency at the start, for orders of some moments."""
        ...

    def asked(self, channel: Ints, at_ms: Ints, cents: Ints) -> Ints:
        """The other way: amounts of orders of some moments, in the currencies of their channels."""
        ...

    def fixed(self, channel: int, cents: int) -> int:
        """An amount that was told in the group's currency at the start, in the currency of a channel."""
        ...

    def is_abroad(self, channel: int) -> bool:
        """Whether a channel sells in a foreign currency."""
        ...
