"""The figures of both reports. Each takes plain tables and gives an ``<svg>`` element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.svg import BAD, GOOD, INK, MUTED, PALETTE, SHADE, draw
from scenarios.experiments.statistics import Interval

_MARKERS = "os^Dv<>p"

_dates: Any = mdates  # whose classes bear no types


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time to shade, such as an outage."""

    label: str
    begin: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Point:
    """A variant in the plane of two measures."""

    label: str
    x: Interval
    y: Interval


def stacked(name: str, alt: str, frame: pd.DataFrame, y_label: str, spans: Sequence[Span] = ()) -> str:
    """Areas one upon another over time: columns are layers, the first at the bottom."""

    def paint(axes: Axes) -> None:
        _shade(axes, spans)
        layers = [frame[column].to_numpy(dtype=float) for column in frame]
        labels = [_words(column) for column in frame]
        axes.stackplot(_local(frame), layers, labels=labels, colors=PALETTE, alpha=0.85)
        _finish_time_axis(axes, frame, y_label)
        _legend(axes, len(labels))

    return draw(name, alt, paint, height_in=3.6)


def lines(
    name: str, alt: str, frame: pd.DataFrame, y_label: str, spans: Sequence[Span] = (), steps: bool = False
) -> str:
    """One line for each column over time."""

    def paint(axes: Axes) -> None:
        _shade(axes, spans)
        for number, column in enumerate(frame):
            axes.plot(
                _local(frame),
                frame[column].to_numpy(dtype=float),
                label=_words(column),
                color=PALETTE[number % len(PALETTE)],
                linestyle="-" if number < len(PALETTE) else "--",
                drawstyle="steps-post" if steps else "default",
            )
        _finish_time_axis(axes, frame, y_label)
        _legend(axes, frame.shape[1])

    return draw(name, alt, paint, height_in=3.4)


def waterfall(name: str, alt: str, steps: Sequence[tuple[str, float]], y_label: str) -> str:
    """From the first amount down (or up) to what is left; the last bar is the total of all steps."""

    def paint(axes: Axes) -> None:
        level, labels = 0.0, []
        for number, (label, amount) in enumerate(steps):
            colour = PALETTE[0] if number == 0 else (GOOD if amount >= 0 else BAD)
            axes.barh(number, amount, left=level, color=colour, height=0.62)
            _amount(axes, number, max(level, level + amount), amount)
            level += amount
            labels.append(label)
        axes.barh(len(steps), level, color=INK, height=0.62)
        _amount(axes, len(steps), max(level, 0.0), level)
        labels.append("What is left")
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set_xlabel(y_label)
        axes.margins(x=0.12)
        axes.xaxis.set_major_formatter(FuncFormatter(_compact))
        axes.tick_params(length=0)

    return draw(name, alt, paint, height_in=0.8 + 0.3 * (len(steps) + 1))


def forest(
    name: str, alt: str, rows: Sequence[tuple[str, Interval]], x_label: str, higher_is_better: bool = True
) -> str:
    """Differences with their intervals, one a row, beside the line of no difference."""

    def paint(axes: Axes) -> None:
        axes.axvline(0, color=MUTED, linewidth=1)
        for number, (_, interval) in enumerate(rows):
            good = (interval.mean > 0) == higher_is_better
            colour = MUTED if not interval.excludes_zero else (GOOD if good else BAD)
            axes.plot([interval.low, interval.high], [number, number], color=colour, linewidth=2.4)
            axes.plot([interval.mean], [number], marker="o", markersize=7, color=colour)
        axes.set_yticks(range(len(rows)), [label for label, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set_xlabel(x_label)
        axes.tick_params(length=0)

    return draw(name, alt, paint, height_in=1.0 + 0.42 * len(rows))


def scatter(name: str, alt: str, points: Sequence[Point], x_label: str, y_label: str) -> str:
    """Variants by two measures, with the interval of each on both."""

    def paint(axes: Axes) -> None:
        for number, point in enumerate(points):
            colour = PALETTE[number % len(PALETTE)]
            axes.errorbar(
                point.x.mean,
                point.y.mean,
                xerr=_error(point.x),
                yerr=_error(point.y),
                fmt=_MARKERS[number % len(_MARKERS)],
                color=colour,
                markersize=8.5,
                markerfacecolor="none",  # what lies beneath still shows
                markeredgewidth=2,
                elinewidth=1.4,
                label=point.label,
            )
        axes.grid(visible=True)
        axes.margins(0.18)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.tick_params(length=0)
        _legend(axes, len(points))

    return draw(name, alt, paint, height_in=3.8)


def dots(
    name: str, alt: str, places: Sequence[tuple[float, float]], chosen: tuple[float, float], x_label: str, y_label: str
) -> str:
    """Trials by a parameter and what came of it; the chosen one stands out."""

    def paint(axes: Axes) -> None:
        axes.scatter([x for x, _ in places], [y for _, y in places], s=26, color=PALETTE[0], alpha=0.65, linewidth=0)
        axes.scatter([chosen[0]], [chosen[1]], s=90, facecolor="none", edgecolor=BAD, linewidth=2)
        axes.grid(visible=True)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.tick_params(length=0)

    return draw(name, alt, paint, height_in=3.0)


def _shade(axes: Axes, spans: Sequence[Span]) -> None:
    """Shade each span, with its name above the axes, one row a name so that none hides another."""
    for row, span in enumerate(spans):
        begin, end = _clock(span.begin), _clock(span.end)
        axes.axvspan(begin, end, color=SHADE, alpha=0.55, zorder=0)
        axes.annotate(
            f"┌ {span.label}",
            (begin, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3 + 12 * (len(spans) - 1 - row)),
            textcoords="offset points",
            fontsize=8.5,
            color=MUTED,
        )


def _local(frame: pd.DataFrame) -> Any:
    """The wall-clock times of the index: a planner reads local hours, and axes know no zones."""
    index = pd.DatetimeIndex(frame.index)
    return index.tz_localize(None).to_numpy() if index.tz is not None else index.to_numpy()


def _clock(moment: pd.Timestamp) -> Any:
    return moment.tz_localize(None).to_datetime64()


def _finish_time_axis(axes: Axes, frame: pd.DataFrame, y_label: str) -> None:
    locator: Any = _dates.AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(_dates.ConciseDateFormatter(locator))
    axes.yaxis.set_major_formatter(FuncFormatter(_compact))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylabel(y_label)
    axes.set_ylim(bottom=0)
    axes.tick_params(length=3)
    if len(frame) > 1:
        times = _local(frame)
        axes.set_xlim(times[0], times[-1])


def _legend(axes: Axes, entries: int) -> None:
    if entries > 1:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
            ncols=min(entries, 4),
            fontsize=9,
            handlelength=1.4,
        )


def _amount(axes: Axes, row: int, right: float, amount: float) -> None:
    axes.annotate(
        _compact(amount, None),
        (right, row),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=INK,
    )


def _error(interval: Interval) -> Any:
    return None if interval.half_width != interval.half_width else interval.half_width


def _compact(value: float, _position: Any) -> str:
    """A number as an axis shows it: 1,250, 12.5k, 3.1M."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size >= 1e6:
        return f"{sign}{size / 1e6:.3g}M"
    if size >= 1e4:
        return f"{sign}{size / 1e3:.3g}k"
    return f"{sign}{size:,.0f}" if size >= 10 or size == int(size) else f"{sign}{size:.2g}"


def _words(name: Any) -> str:
    """A column's name as people read it."""
    return str(name).replace("_", " ")
