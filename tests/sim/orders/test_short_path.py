"""Orders that nothing holds take a short path through order management; the books must not tell which way they took.

But for one thing: at the instant of capture, a prepaid order's deposit is noted before its allocation or after it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.agents.customers.customer import Offer
from sim.agents.orders.intake import Intake
from sim.model import Model
from tests.sim.test_invariants import WORLDS

BOOKS = ("events", "ledger", "journal", "decisions")


def books_of(name: str, folder: Path) -> dict[str, pd.DataFrame]:
    folder.mkdir()
    Model(WORLDS[name](), 4).run(folder)
    return {book: in_no_sequence(pd.read_parquet(folder / f"{book}.parquet")) for book in BOOKS}


def in_no_sequence(book: pd.DataFrame) -> pd.DataFrame:
    """Rows of one moment in a sequence of their own, without the number of their event."""
    plain = book.drop(columns="event").astype(dict.fromkeys(book.select_dtypes("category"), str))
    return plain.sort_values(list(plain.columns), ignore_index=True)


@pytest.mark.parametrize("name", WORLDS)
def test_the_long_way_round_writes_the_same_books(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    short = books_of(name, tmp_path / "short")

    def none_is_smooth(self: Intake, offer: Offer, ruled_out: np.ndarray | None) -> np.ndarray:
        return np.zeros(len(offer), dtype=bool)

    monkeypatch.setattr(Intake, "smooth", none_is_smooth)
    long = books_of(name, tmp_path / "long")

    for book in BOOKS:
        pd.testing.assert_frame_equal(short[book], long[book])
    assert len(short["events"]), "a world in which nothing happens shows nothing"
