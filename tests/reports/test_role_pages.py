"""Views by role, and an order's timeline as a frame."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from peakproof import api
from reports.role_page import RoleError, role_page
from reports.roles import VIEWS
from reports.run_page import run_sections
from sim.measures.registry import breakdowns, measures
from sim.model import Model
from sim.plans.accounting import AccountingPlan
from sim.plans.alerts import AlertPlan, AtRiskPlan
from sim.run import Run
from sim.world import ROLES
from tests.worlds import a_busy_world


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with accountants and alerts."""
    folder = tmp_path_factory.mktemp("watched")
    alerts = (
        AlertPlan("floor", "warehouse_leader", "shipments_waiting", 2, 0),
        AlertPlan("holds", "order_desk", "held_orders", 0, 0),
    )
    world = a_busy_world(accounting=AccountingPlan(period="week"), alerts=alerts, at_risk=AtRiskPlan())
    Model(world, seed=3).run(folder)
    return Run.open(folder)


def titles(html: str) -> list[str]:
    return re.findall(r"<li><strong>[^<]*</strong><span>([^<]*)</span></li>", html)


@pytest.mark.parametrize("name", VIEWS)
def test_every_role_has_a_page_of_its_own_measures(name: str, run: Run):
    html, kpis = role_page(run, name), run.kpis()
    known = {m: measures()[m].title for m in VIEWS[name].measures}

    assert [known[m] for m in VIEWS[name].measures if kpis[m] == kpis[m]] == titles(html)
    assert VIEWS[name].question in html
    assert "http" not in html.replace("http://www.w3.org", "").replace("https://matplotlib", "").replace(
        "http://purl.org", "").replace("http://creativecommons.org", "")  # fmt: skip


def test_views_name_what_there_is():
    figures = {"orders", "stalls", "backlog", "throughput", "stock", "margin"}
    for role in VIEWS.values():
        assert set(role.measures) <= set(measures())
        assert set(role.breakdowns) <= set(breakdowns())
        assert set(role.figures) <= figures
        assert set(role.alerts) <= set(ROLES)


def test_each_role_sees_its_own_alerts(run: Run):
    pages = {name: role_page(run, name) for name in ("warehouse", "operations", "procurement", "executive")}

    assert ["floor" in page for page in map(_cells, pages.values())] == [True, False, False, True]
    assert ["holds" in page for page in map(_cells, pages.values())] == [False, True, False, True]


def _cells(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>([^<]*)</td>", html)


def test_finance_sees_the_close(run: Run):
    assert "Accounting periods" in role_page(run, "finance")
    assert ["margin"] == [section.id for section in run_sections(run, ["margin", "none"])]


def test_a_page_is_written_beside_the_run(run: Run, tmp_path: Path):
    shutil.copytree(run.folder, tmp_path / "run")

    assert tmp_path / "run" / "report-finance.html" == api.report(tmp_path / "run", role="finance")
    with pytest.raises(RoleError, match="no view 'cook'; there are executive"):
        api.report(tmp_path / "run", role="cook")


def test_an_orders_timeline_is_a_frame_from_capture_to_settlement(run: Run):
    order = int(
        run.sql("""SELECT "order" FROM journal WHERE kind = 'settled' AND account = 'cash' ORDER BY 1 LIMIT 1""")[
            "order"
        ].iloc[0]
    )
    frame = run.timeline(order)
    kinds = frame["kind"].astype(str).tolist()

    assert ["captured", "shipped", "invoiced", "settled"] == [k for k in dict.fromkeys(kinds) if k in (
        "captured", "shipped", "invoiced", "settled")]  # fmt: skip
    assert frame["time"].is_monotonic_increasing
    assert "cash" in frame.loc[frame["kind"] == "settled", "postings"].iloc[0]
