"""The small shop with a few lines of a scenario more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scenarios.load import load
from sim.world import World

SHOP = Path(__file__).parent / "small_shop.yaml"


def shop(folder: Path, text: str, sets: Sequence[str] = ()) -> World:
    """The world of the small shop with ``text``, from a file in ``folder``."""
    path = folder / "shop.yaml"
    path.write_text(f"extends: {SHOP}\nname: shop\n{text}\n", encoding="utf-8")
    return load(path, sets=sets).world
