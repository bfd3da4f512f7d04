"""A page of what was found by many runs: a sentence, tables, figures, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass

from reports.html import Grid, Section, program, render


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """What the template shows.

    Attributes
    ----------
    title, subject
        What the page is of, ``subject`` before the name of the scenario.
    headline
        The answer.
    heading, tables
        Over the tables, and these.
    method
        How the tables are to be read.
    source
        The file from which all this follows.
    """

    title: str
    subject: str
    scenario: str
    headline: str
    heading: str
    tables: tuple[Grid, ...]
    sections: tuple[Section, ...]
    method: str
    source: str

    @property
    def footer(self) -> str:
        """Who made the page, and of what."""
        return f"{program()}. Everything on this page follows from {self.source}."

    def html(self) -> str:
        """The page; the same findings give the same bytes."""
        return render("findings.html", self)
