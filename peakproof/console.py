"""What the command line prints: tables, progress and the report of what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 160
EVERY_SECONDS = 30


def console(stderr: bool = False) -> Console:
    """A console as wide as the terminal is now; wide enough for any table where the output is piped."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(stderr=stderr, highlight=False, width=width)


@contextmanager
def progress(label: str, quiet: bool = False) -> Iterator[Callable[[float], None]]:
    """How far something is, on the error stream, so that what is printed can still be piped: a bar where someone looks,
    else a line now and then, as a log wants it; nothing where it is to be ``quiet``."""
    screen = console(stderr=True)
    if quiet:
        yield lambda fraction: None
    elif not screen.is_terminal:
        yield Lines(label, complain, monotonic)
    else:
        with _bar(label, screen) as tell:
            yield tell


class Lines:
    """Says how far something is, when it is told and `EVERY_SECONDS` have passed since it said so last: what takes less
    says nothing."""

    def __init__(self, label: str, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._label, self._write, self._clock = label, write, clock
        self._began = self._said = clock()

    def __call__(self, fraction: float) -> None:
        """It is so far."""
        now = self._clock()
        if now - self._said >= EVERY_SECONDS:
            self._said = now
            self._write(f"{self._label}: {fraction:.0%} after {timedelta(seconds=int(now - self._began))}")


@contextmanager
def _bar(label: str, screen: Console) -> Iterator[Callable[[float], None]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


def table(
    title: str | None,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int] = (),
    whole_names: bool = True,
) -> None:
    """Print a table; columns of ``numbers`` stand to the right, and ``whole_names`` in the first stay on one
    line."""
    from rich import box

    grid = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        right = position in numbers
        keep = whole_names and position == 0
        grid.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=keep)
    for row in rows:
        grid.add_row(*row)
    console().print(grid)


def say(text: str) -> None:
    """Print a sentence as it is: no markup, no colours, wrapped at words."""
    console().print(text, markup=False)


def complain(text: str) -> None:
    """Print what went wrong, whole lines as they are."""
    console(stderr=True).print(text, markup=False, soft_wrap=True)
