"""The published small cases as instances: `FUL_1SKU`, `FUL_2SKU` and `BAL_2NODE` of ``validity_cases.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from optimize.fulfilment.exact import nearest_of
from optimize.fulfilment.instance import Instance
from optimize.inventory.two_nodes import TwoNodes


def published(data: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and outputs of a case."""
    cases = json.loads((data / "validity_cases.json").read_text(encoding="utf-8"))["cases"]
    found = next(one for one in cases if one["id"] == name)
    return found["inputs"], found["outputs"]


def one_sku(data: Path) -> Instance:
    known, _ = published(data, "FUL_1SKU")
    unit = np.array([*known["cost_fc_by_region"], [known["lost"]] * 2])
    return Instance(
        slots=known["T"],
        orders=((0,),),
        phases=np.array([[known["arrival"]]]),
        fixed=np.zeros(3),
        unit=unit,
        stock=np.array(known["inventory"])[:, None],
        nearest=nearest_of(unit, 1),
    )


def two_skus(data: Path) -> Instance:
    known, _ = published(data, "FUL_2SKU")
    unit = np.array([*known["unit"], known["unfilled_unit"]])
    return Instance(
        slots=known["T"],
        orders=((0,), (1,), (0, 1)),
        phases=np.outer(known["p_type"], known["p_region"])[None],
        fixed=np.array([known["fixed"]] * 2 + [known["unfilled_fixed"]]),
        unit=unit,
        stock=np.array([known["inventory"]["A"], known["inventory"]["B"]]).T,
        nearest=nearest_of(unit, 2),
    )


def two_nodes(data: Path) -> tuple[TwoNodes, tuple[int, int]]:
    """The problem, and the stocks at the start."""
    known, _ = published(data, "BAL_2NODE")
    first, second = known["lam"]
    problem = TwoNodes(
        known["T"], (first, second), known["proactive"], known["reactive"], known["p"], known["h"]
    )  # fmt: skip
    return problem, (known["x0"][0], known["x0"][1])
