"""Faults of master data in a scenario file: how they are read, and what is said of those that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.disruptions.bad_master_data import BadMasterData
from sim.plans.master_data import AddressFaults, MasterDataPlan, RecordFaults
from sim.units import DAY_MS, HOUR_MS
from tests.scenarios.shops import shop


def test_standing_faults_are_read(tmp_path: Path):
    text = "master_data: {addresses: {share: 2%, check: rules, mended_share: 70%}, weights: {share: 5%, factor: 0.5}}"

    assert (
        MasterDataPlan(AddressFaults(0.02, "rules", 0.7), RecordFaults(0.05, 0.5)) == shop(tmp_path, text).master_data
    )


def test_a_disruption_says_what_is_wrong(tmp_path: Path):
    text = (
        "disruptions: {scales: {kind: bad_master_data, at: 1d, duration: 6h, fault: cost, factor: 2, checked: false}}"
    )

    assert (
        BadMasterData(DAY_MS, 6 * HOUR_MS, fault="cost", factor=2.0, checked=False) in shop(tmp_path, text).disruptions
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("master_data: {addresses: {share: 2%, check: robots}}", "rules"),
        ("master_data: {weights: {share: 2%}}", "factor"),
        ("master_data: {adresses: {share: 2%}}", "did you mean 'addresses'?"),
        ("disruptions: {d: {kind: bad_master_data, at: 1d, duration: 6h, fault: wait}}", "weight"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, said: str):
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, text)

    assert said in str(caught.value)
