"""What becomes of a breached time limit outside the desks' own, as a scenario says it."""

from __future__ import annotations

from dataclasses import dataclass

BREACH_ACTIONS: dict[str, tuple[str, ...]] = {
    "captured": ("chase",),
    "open": ("reallocate", "cancel"),
    "backordered": ("expedite", "cancel"),
    "allocated": ("expedite", "reallocate", "cancel"),
    "released": ("call_in", "reallocate"),
    "picked": ("call_in",),
    "packed": ("reroute",),
    "shipped": ("trace",),
    "return_requested": ("trace",),
    "return_labelled": ("trace",),
    "return_received": ("refund", "call_in"),
}
"""By limited state, what may be done about who stays in it too long. Held orders are their desks' alone.

==========  =====================================================================================================
chase       Ask for the message about the order that has not arrived, and enter it.
expedite    First in the next wave, by the fastest carrier; of what is out of stock, an order in a hurry with its
            supplier.
call_in     One temporary person more who picks, packs or inspects where it waits, on the agency's terms.
reallocate  Another node that has all of it and the least waiting; of what has no node yet, whatever node there is.
reroute     Another carrier.
trace       The carrier looks for it now: what is lost is found to be lost, and refunded or sent again.
refund      The customer's money goes back before anybody has looked.
cancel      What has not begun is cancelled by the company.
==========  =====================================================================================================
"""

BREACH_BY = ("desk", "rule")


@dataclass(frozen=True, slots=True)
class Breach:
    """What is done about those who are in ``state`` for longer than its limit.

    Attributes
    ----------
    action
        One of `BREACH_ACTIONS`.
    owner
        Role that hears of it instead of the lifecycle's own; None: that.
    by
        ``desk``: a case of kind ``breach``, for the desk with that role if it handles them, else for any that does.
        ``rule``: at once.
    """

    state: str
    action: str
    owner: str | None = None
    by: str = "desk"
