"""Everything that can be wrong with a scenario is told at once, with its line and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import Mark, Problem, Problems, ScenarioError, nearest
from scenarios.load import load

HERE = Path(__file__).parent
SMALL = HERE / "small_shop.yaml"
SMALL_TEXT = SMALL.read_text(encoding="utf-8")


def faults_of(path: Path | str, *sets: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load(path, sets=sets)
    return caught.value.problems


def one_fault(tmp_path: Path, old: str, new: str) -> Problem:
    """The only fault of the small shop once ``old`` has become ``new``."""
    assert 1 == SMALL_TEXT.count(old)
    path = tmp_path / "faulty.yaml"
    path.write_text(SMALL_TEXT.replace(old, new), encoding="utf-8")
    problems = faults_of(path)
    assert 1 == len(problems), "\n".join(map(str, problems))
    return problems[0]


def line_of(text: str) -> int:
    return 1 + SMALL_TEXT[: SMALL_TEXT.index(text)].count("\n")


def test_ten_faults_make_one_report():
    problems = faults_of(HERE / "ten_faults.yaml")

    assert [
        (5, "horizon.end", None),
        (9, "products.MUG", None),
        (16, "nodes.East.wave_intervall", "wave_interval"),
        (19, "nodes.East.shifts", None),
        (24, "lanes", None),
        (34, "carriers.Northway.services.ground.serves_nodes[0]", "East"),
        (39, "channels.web.orders_per_day", None),
        (40, "channels.web.shipping_fee", None),
        (41, "stock.table", None),
        (42, "policies.allocation", "closest"),
    ] == [(p.line, p.key, p.suggestion) for p in problems]
    assert {"ten_faults.yaml"} == {Path(p.file).name for p in problems}
    assert all(p.column > 0 for p in problems)


def test_the_report_says_what_is_accepted():
    by_key = {p.key: p for p in faults_of(HERE / "ten_faults.yaml")}

    assert "1d18h" in (by_key["horizon.end"].accepted or "")
    assert "'6kg' does not fit" == by_key["horizon.end"].message
    assert "a number from 0 to 5,000,000" == by_key["channels.web.orders_per_day"].accepted
    assert "nodes replenish one another in a circle: East -> West -> East" == by_key["lanes"].message
    assert "overlaps the shift on line 18" == by_key["nodes.East.shifts"].message


def test_a_problem_reads_as_a_compiler_would_print_it():
    problems = Problems()
    problems.add(Mark("a.yaml", 3, 5), "nodes", "unknown key", value="noeds", known=["nodes"], accepted="nodes")

    assert ["a.yaml:3:5: nodes: unknown key; did you mean 'nodes'?; accepted: nodes"] == [str(p) for p in problems]


@pytest.mark.parametrize(
    ("old", "new", "key", "suggestion"),
    [
        ("horizon:", "horizn:", "horizn", "horizon"),
        ("wave_interval: 30min", "wave_interval: 6kg", "nodes.West.wave_interval", None),
        ("price: 12.99", "price: 12.999", "products.MUG.price", None),
        ("weight: 350g", "weight: 350", "products.MUG.weight", None),
        ("demand_weight: 3", "demand_weight: -3", "products.CUP.demand_weight", None),
        ("category: plates", "category: plate", "products.010.category", "plates"),
        ("return_share: 5%", "return_share: 105%", "categories.cups.return_share", None),
        ("place: Boston", "place: Bosten", "nodes.East.place", "Boston"),
        ("    kind: store", "    kind: stor", "channels.shop.kind", "store"),
        ("segment: locals", "segment: local", "channels.web.segment", "locals"),
        ("weights: {cups: 1}", "weights: {cup: 1}", "channels.shop.category_weights.cup", "cups"),
        ('start: "14:00", end: "20:00"', 'start: "20:00", end: "14:00"', "nodes.East.shifts[1]", None),
        ("node: West, at", "node: Wset, at", "disruptions.fire.node", "West"),
        ("channels: [shop]", "channels: [shpo]", "disruptions.sale.channels", "shop"),
        ("kind: promotion", "kind: promotoin", "disruptions.sale.kind", "promotion"),
        ("duration: 90min", "duraton: 90min", "disruptions.fire.duraton", "duration"),
        ("at: 1d12h", "at: 2026-11-22 12:00", "disruptions.fire.at", None),
        ("{allocation:", "{alocation:", "policy_changes[0].policies.alocation", "allocation"),
        ("timezone: America/New_York", "timezone: America/NewYork", "timezone", "America/New_York"),
        ("miles: 900", "miles: 900, transit: 1d", "lanes[1]", None),
        ("end: 2d, drain", "end: 3h, drain", "horizon.end", None),
        ("lead_time: 7d", "lead_time: {normal: 7d}", "suppliers.Mill.lead_time", None),
    ],
)  # fmt: skip
def test_each_fault_is_told_where_it_stands(tmp_path: Path, old: str, new: str, key: str, suggestion: str | None):
    problem = one_fault(tmp_path, old, new)

    assert (line_of(old), key, suggestion) == (problem.line, problem.key, problem.suggestion)


def test_shares_of_payments_add_up(tmp_path: Path):
    problem = one_fault(tmp_path, "share: 70%", "share: 60%")

    assert (line_of("  shop:"), "channels.shop") == (problem.line, problem.key)
    assert "payments whose shares add up to 1" == problem.accepted


def test_nearest_prefers_swapped_letters_and_ignores_case():
    assert "East" == nearest("Esat", ["West", "East"])
    assert "East" == nearest("EAST", ["West", "East"])
    assert None is nearest("qqq", ["West", "East"])


def test_a_scenario_that_does_not_exist():
    (problem,) = faults_of("baselin")

    assert ("there is no such scenario", "baseline") == (problem.message, problem.suggestion)


def test_a_file_that_is_a_list(tmp_path: Path):
    path = tmp_path / "list.yaml"
    path.write_text("- a\n")

    assert ["a scenario is a mapping of keys such as name, start, nodes"] == [p.message for p in faults_of(path)]


def test_an_empty_scenario_names_what_is_missing(tmp_path: Path):
    path = tmp_path / "empty.yaml"
    path.write_text("name: nothing\n")

    assert {
        "start", "horizon", "products", "regions", "nodes", "carriers", "suppliers", "channels",
    } == {p.key for p in faults_of(path)}  # fmt: skip


def test_a_cause_is_not_told_twice(tmp_path: Path):
    # The references to nodes cannot be checked once no node can be read: that is one fault, not five.
    path = tmp_path / "faulty.yaml"
    path.write_text("extends: " + str(SMALL) + "\nnodes: 5\n")

    assert [(2, "nodes")] == [(p.line, p.key) for p in faults_of(path)]
