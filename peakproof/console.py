"""What the command line prints: tables, progress and the report of what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on the error stream, so that what is printed can still be piped; nothing where no one looks."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


def table(
    title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()
) -> None:
    """Print a table; columns of ``numbers`` stand to the right, and lists never break the names in the
    first."""
    from rich import box

    grid = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        if position in numbers:
            grid.add_column(column, justify="right", overflow="fold")
        else:
            grid.add_column(column, overflow="fold", no_wrap=position == 0 and not numbers)
    for row in rows:
        grid.add_row(*row)
    out.print(grid)


def say(text: str) -> None:
    """Print a sentence as it is: no markup, no colours, wrapped at words."""
    out.print(text, markup=False)


def complain(text: str) -> None:
    """Print what went wrong, whole lines as they are."""
    err.print(text, markup=False, soft_wrap=True)
