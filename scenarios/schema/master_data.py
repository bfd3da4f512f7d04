"""What is wrong in master data on an ordinary day, as a scenario file describes it."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import Number, Section, Share, key, one_of
from sim.plans.master_data import CHECKS, AddressFaults, MasterDataPlan, RecordFaults


class AddressFaultsSpec(Section):
    """Addresses that do not exist, and who looks before an order goes on."""

    share: Share = key(description="Share of the orders whose address is wrong: the customers' own draw.")
    check: Annotated[str, one_of(*CHECKS)] = key(
        "people",
        description="nobody: parcels are brought in vain and come back; people: the desk for `data_fault` mends "
        "each; rules: they mend what they can at once, the desk the rest.",
    )
    mended_share: Share = key("80%", description="Share of wrong addresses that rules can mend.")


class RecordFaultsSpec(Section):
    """SKUs with a wrong figure on record that nobody checks."""

    share: Share = key(description="Share of the SKUs.")
    factor: Number = key(description="How many times the truth the record says.")

    def plan(self) -> RecordFaults:
        """What the simulation runs."""
        return RecordFaults(self.share, self.factor)


class MasterDataSpec(Section):
    """What is wrong on an ordinary day; disruptions of the kind `bad_master_data` come on top."""

    addresses: AddressFaultsSpec | None = key(None, description="Wrong addresses; null: none.")
    weights: RecordFaultsSpec | None = key(
        None,
        description="Wrong weights: parcels are labelled by them, carriers charge the rest later; null: none.",
    )
    costs: RecordFaultsSpec | None = key(
        None, description="Wrong costs: goods are booked at them until their invoice is paid; null: none."
    )
    prices: RecordFaultsSpec | None = key(None, description="Wrong prices: customers pay them; null: none.")

    def plan(self) -> MasterDataPlan:
        """What the simulation runs."""
        found = self.addresses
        addresses = None if found is None else AddressFaults(found.share, found.check, found.mended_share)
        weights, costs, prices = (
            None if faults is None else faults.plan() for faults in (self.weights, self.costs, self.prices)
        )
        return MasterDataPlan(addresses, weights, costs, prices)
