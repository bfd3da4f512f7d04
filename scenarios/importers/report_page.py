"""An import's report as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scenarios.importers.rows import CLASSES

if TYPE_CHECKING:
    from scenarios.importers.report import ControlTotal, ImportReport


def page(report: ImportReport) -> str:
    """The page: what the rows were taken for first, assumptions last."""
    parts = [
        f"# Import of {report.file}\n\nFormat `{report.format}`; from {report.first_moment} "
        f"to {report.last_moment}, local time. Money is in {report.currency}, minor units.",
        "## What the rows were taken for\n\n" + _classes(report),
        "## What entered the scenario\n\n" + _facts(report),
        "## Credit notes\n\n" + _credits(report),
        "## Fees\n\n" + _fees(report),
        "## Oddities\n\n" + _oddities(report),
        "## Rules that filled the gaps\n\n" + _bullets(report.assumptions),
    ]
    return "\n\n".join(parts) + "\n"


def _classes(report: ImportReport) -> str:
    lines = [(f"{name}", CLASSES[name], *_figures(total)) for name, total in report.classes.items()]
    lines.append(("**all rows**", "the file", *_figures(report.total)))
    verdict = "The classes add up to the file." if report.reconciles else "**THE CLASSES DO NOT ADD UP.**"
    told = _table(("class", "meaning", "rows", "units", "value"), lines)
    return f"{told}\n\n{verdict} `rows.parquet` has the class and the reason of each row."


def _facts(report: ImportReport) -> str:
    facts = {
        "orders": f"{report.orders:,}, of which {report.guest_orders:,} by guests",
        "SKUs sold": f"{report.skus_sold:,}; products in the scenario: {report.products:,}",
        "regions": f"{report.regions:,}",
        "orders whose lines bear several minutes": f"{report.orders_over_several_minutes:,}",
        "orders that share their minute with another": f"{report.orders_sharing_a_minute:,}",
        "lines that repeat a SKU of their order": f"{report.lines_repeating_a_sku:,}",
        "largest line": report.largest_line,
    }
    return _bullets(f"{name}: {value}" for name, value in facts.items())


def _credits(report: ImportReport) -> str:
    credits = report.credits
    return _bullets(
        [
            f"{credits.notes:,} notes, {credits.lines:,} lines, {credits.units:,} units, {credits.cents:,}",
            f"{credits.matched_units:,} units match a sale, {credits.units_within_24_hours:,} of them within "
            f"24 hours; {credits.matches:,} matches, {credits.matches_at_another_price:,} at another price",
            f"{credits.unmatched_units:,} units match none, worth {credits.unmatched_cents:,}: an account of its own",
        ]
    )


def _fees(report: ImportReport) -> str:
    if not report.fees:
        return "None."
    return _table(
        ("account", "rows", "units", "value"),
        [(name, *_figures(total)) for name, total in report.fees.items()],
    )


def _oddities(report: ImportReport) -> str:
    lines = [f"{note}: {count:,} rows" for note, count in report.notes.items()]
    if report.skus_that_differ_in_case:
        pairs = ", ".join(" / ".join(group) for group in report.skus_that_differ_in_case[:20])
        count = len(report.skus_that_differ_in_case)
        lines.append(
            f"SKUs that differ in case alone, kept apart: {count:,} groups ({pairs}{', ...' if count > 20 else ''})"
        )
    lines.extend(f"unclassified: {text}" for text in report.unclassified)
    return _bullets(lines) if lines else "None."


def _figures(total: ControlTotal) -> tuple[str, str, str]:
    return f"{total.rows:,}", f"{total.units:,}", f"{total.cents:,}"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(header: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    numeric = {"rows", "units", "value"}
    rule = "|".join("---:" if name in numeric else "---" for name in header)
    told = [f"| {' | '.join(header)} |", f"|{rule}|"]
    told.extend(f"| {' | '.join(line)} |" for line in lines)
    return "\n".join(told)
