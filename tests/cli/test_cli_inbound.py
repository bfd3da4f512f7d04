from __future__ import annotations

from pathlib import Path

import pandas as pd

from sim.measures.inbound import inbound
from sim.run import Run


def test_what_is_on_order_at_a_moment(peakproof, run_folder: Path, tmp_path: Path):
    run = Run.open(run_folder)
    orders = run.events(kind="purchase_ordered")
    moment = orders["time"].iloc[0].strftime("%Y-%m-%d %H:%M") if len(orders) else "2026-11-24 08:00"
    result = peakproof("inbound", run_folder, "--at", moment, "--csv", tmp_path / "inbound.csv")

    assert 0 == result.exit_code, result.output
    assert "On order on" in result.output
    assert len(inbound(run.books, run.ms(moment))) == len(pd.read_csv(tmp_path / "inbound.csv"))


def test_a_moment_that_is_none_is_told(peakproof, run_folder: Path):
    result = peakproof("inbound", run_folder, "--at", "tomorrow")

    assert 2 == result.exit_code
    assert "'tomorrow' is no date and time" in result.output
