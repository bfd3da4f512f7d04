"""Pages stand alone, read well without eyes, and are the same bytes for the same run."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from reports.comparison_page import comparison_page
from reports.figures import Point, forest, scatter, waterfall
from reports.run_page import headline, run_page
from reports.svg import INK, MUTED, PALETTE
from scenarios.experiments.comparison import Comparison, Measure, Outcome, Variant
from scenarios.experiments.statistics import Interval
from sim.run import Run


@pytest.fixture(scope="module")
def run_html(run: Run) -> str:
    return run_page(run)


def comparison(replications: int = 5) -> Comparison:
    measures = (
        Measure("margin_per_order_cents", "Contribution an order", "cents"),
        Measure("otif", "On time in full", "share"),
        Measure("cycle_time_p50_hours", "Cycle time, median", "hours", higher_is_better=False),
    )
    outcomes = [
        Outcome(
            name,
            r,
            1 + r,
            {
                "margin_per_order_cents": 1_000 + 30 * r + gain + (r * len(name)) % 3,
                "otif": 0.9 + 0.002 * ((r + gain) % 4),
                "cycle_time_p50_hours": 70 + r - gain / 10,
            },
            f"demand-{r}",
        )
        for name, gain in (("closest", 0), ("cheapest", 40), ("most <stock>", -20))
        for r in range(replications)
    ]
    variants = tuple(Variant(n, (f"allocation={n}",)) for n in ("closest", "cheapest", "most <stock>"))
    return Comparison("outage", variants, tuple(outcomes), measures)


class Tags(HTMLParser):
    """Checks that tags nest, and gathers ids, links and figures."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input", "path", "use", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert tag == self.open.pop()


def pages(run_html: str) -> list[str]:
    return [run_html, comparison_page(comparison())]


def test_no_page_asks_for_anything_outside_itself(run_html: str):
    for html in pages(run_html):
        assert "http" not in html
        assert "//" not in re.sub(r"/\*.*?\*/", "", html)
        assert not re.search(r"@import|url\((?!#)|<(script|link|iframe|img|object)", html)


def test_pages_are_well_formed_and_their_links_lead_somewhere(run_html: str):
    for html in pages(run_html):
        tags = Tags(html)
        assert [] == tags.open
        assert len(set(tags.ids)) == len(tags.ids)
        assert {link[1:] for link in tags.links if link.startswith("#")} <= set(tags.ids)
        for reference in re.findall(r"url\(#([^)]+)\)", html):
            assert reference in tags.ids


def test_every_figure_says_what_it_shows(run_html: str):
    for html in pages(run_html):
        figures = re.findall(r"<svg[^>]*>\s*<title[^>]*>([^<]+)</title>", html)
        assert html.count("<svg") == len(figures)
        assert all(len(text) > 40 for text in figures)
        assert html.count('role="img"') == len(figures)


def test_pages_have_a_language_a_title_a_viewport_and_scoped_headers(run_html: str):
    for html in pages(run_html):
        assert '<html lang="en">' in html
        assert re.search(r"<title>[^<]+</title>", html)
        assert 'name="viewport"' in html
        assert not re.search(r"<th(?![^>]*scope=)[ >]", html)
        assert "@media print" in html


def test_a_run_page_begins_with_its_sentence_and_has_every_figure(run_html: str):
    assert re.search(r"<h1>Of [\d,]+ orders, [\d.]+% arrived whole and on time", run_html)
    for section in ("orders", "backlog", "throughput", "stock", "margin"):
        assert f'<section id="{section}">' in run_html


def test_the_same_run_gives_the_same_bytes(run: Run, run_html: str):
    assert run_page(Run.open(run.folder)) == run_html


def test_the_same_comparison_gives_the_same_bytes():
    assert comparison_page(comparison()) == comparison_page(comparison())


def test_a_comparison_page_begins_with_its_verdict_and_shows_every_variant():
    html = comparison_page(comparison())

    assert "<h1>Deploy cheapest: it earns $0.4" in html
    assert "most &lt;stock&gt;" in html
    assert '<section id="differences">' in html
    assert '<section id="service">' in html
    assert "Chick and Inoue 2001" in html


def test_headlines_come_first_and_what_nobody_has_a_figure_for_is_not_told():
    made = comparison()
    measures = (
        Measure("late_close_share", "Periods closed late", "share", headline=False),
        Measure("turns", "Inventory turns", "ratio", headline=False),
        *made.measures,
    )
    outcomes = tuple(
        replace(o, kpis={**o.kpis, "late_close_share": math.nan, "turns": 8.0 + o.replication}) for o in made.outcomes
    )
    html = comparison_page(replace(made, measures=measures, outcomes=outcomes))
    rows = re.findall(r'<th scope="row" title="[^"]*">([^<]*)</th>', html)

    assert ["Contribution an order", "On time in full", "Cycle time, median", "Inventory turns"] == rows[:4]


def test_one_replication_makes_a_page_without_intervals():
    html = comparison_page(comparison(replications=1))

    assert "<h1>One replication cannot tell" in html
    assert '<section id="differences">' not in html


def test_an_empty_run_has_a_headline_too():
    assert "No order was captured" in headline({}, "USD")


def relative_luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("colour", "least"), [(INK, 7.0), (MUTED, 4.5), *((colour, 3.0) for colour in PALETTE)])
def test_colours_stand_out_from_white_as_much_as_the_guidelines_ask(colour: str, least: float):
    # WCAG 2.1: 4.5 for text, 3 for what a figure must show.
    assert 1.05 / (relative_luminance(colour) + 0.05) >= least


def test_figures_do_not_depend_on_what_was_drawn_before():
    interval = Interval(1.0, 0.5, 1.5, 5)
    first = forest("a", "A difference.", [("b against a", interval)], "USD")
    scatter("b", "Two points.", [Point("a", interval, interval)], "x", "y")

    assert first == forest("a", "A difference.", [("b against a", interval)], "USD")


def test_a_waterfall_draws_what_is_left():
    svg = waterfall("w", "From revenue to margin.", [("Revenue", 100.0), ("Freight", -30.0)], "USD")

    assert ">What is left<" in svg
    assert ">70<" in svg
    assert ">−30<" in svg
