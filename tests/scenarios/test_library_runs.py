"""Every scenario of the library runs to its end with all invariants checked at each event, made small."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scenarios.errors import Problems
from scenarios.library import library, library_paths
from scenarios.load import Loaded, load
from scenarios.yaml_source import read_yaml
from sim.model import Model

ORDERS = 900
"""About how many customers come in a day and a half at normal rates."""


def small(name: str) -> Loaded:
    """The scenario with few customers and SKUs, cut to its first day and a half."""
    full = load(name)
    channels = full.world.network.channels
    scale = ORDERS / 1.5 / sum(channel.orders_per_day for channel in channels)
    sets = [f"channels.{c.name}.orders_per_day={c.orders_per_day * scale:.2f}" for c in channels]
    sets += ["horizon.end=36h", "horizon.warm_up=0h"]
    # Price lists name products, whose names have as many digits as the count: it stays in the thousands then.
    count = 1_000 if any(channel.contracts for channel in channels) else 150
    if len(full.world.network.products) > count and "generate" in full.resolved["products"]:
        sets.append(f"products.generate.count={count}")
    # A disruption later than that would never begin.
    sets += [f"disruptions.{entry['name']}.at=6h" for entry in full.resolved.get("disruptions") or ()]
    return load(name, sets=sets)


def test_every_scenario_file_is_found():
    folder = Path(__file__).resolve().parents[2] / "scenarios" / "library"

    assert {path.stem for path in folder.glob("*.yaml")} <= set(library_paths())


@pytest.mark.parametrize("name", library_paths())
def test_it_has_a_description_and_a_name_of_its_own(name: str):
    loaded = load(name)

    assert len(loaded.description.split()) >= 8
    assert library()[name] == loaded.description
    assert name == loaded.world.name


@pytest.mark.parametrize("name", library_paths())
def test_it_runs_to_the_end_under_check_and_through_the_fast_lane_to_the_same_books(name: str, tmp_path: Path):
    loaded = small(name)
    checked, fast = tmp_path / "checked", tmp_path / "fast"
    checked.mkdir()
    fast.mkdir()
    manifest = Model(loaded.world, seed=1, check=True).run(checked)

    assert manifest["files"] == Model(loaded.world, seed=1).run(fast)["files"]
    census = Counter(manifest["census"])
    served = census["closed"] + census["open: return window"]
    ended = served + census["cancelled"] + census["refused"] + census["abandoned"]

    assert manifest["counters"]["orders_offered"] == census.total()
    assert served > ORDERS / 2
    assert ended >= 0.98 * census.total()


def overrides() -> list[tuple[str, str]]:
    """(scenario, override) for each override that a file of the library defines itself."""
    found = []
    for name, path in library_paths().items():
        tree = read_yaml(path, Problems())
        own = tree.get("overrides") if tree is not None else None
        found += [(name, override) for override, _ in (own.items() if own is not None else ())]
    return found


@pytest.mark.parametrize(("name", "override"), overrides())
def test_every_override_loads(name: str, override: str):
    assert load(name).world != load(name, [override]).world
