"""Figures as SVG text that stands inside a page: same data, same bytes; no address of any other place in
it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#52606d"
RULE = "#d5dbe1"
SHADE = "#f3e3cf"
# Okabe and Ito's colours, which people with any colour vision tell apart, darkened to stand on white.
PALETTE = ("#0b5c8f", "#c25a00", "#2a7f62", "#8e4585", "#a67c00", "#4d6fb3", "#8c3b2f", "#5b6770")
GOOD, BAD = "#2a7f62", "#b3412e"

_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and copied
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e7ebef",
    "grid.linewidth": 0.8,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "patch.linewidth": 0,
    "timezone": "UTC",
}


def draw(name: str, alt: str, paint: Callable[[Axes], None], width_in: float = 8.8, height_in: float = 3.4) -> str:
    """One figure as an ``<svg>`` element.

    Parameters
    ----------
    name
        Unique on its page; every id inside begins with it.
    alt
        What the figure shows, for who does not see it.
    paint
        Draws on the axes it is given.
    """
    with mpl.rc_context(_STYLE | {"svg.hashsalt": f"peakproof-{name}"}):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        paint(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _embed(out.getvalue(), name, alt)


def _embed(svg: str, name: str, alt: str) -> str:
    """Keep the drawing alone, make its ids unique on the page, and say what it shows."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", body)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    body = re.sub(r'xlink:href="#', f'href="#{name}-', body)
    opening = re.match(r"<svg[^>]*>", body)
    assert opening is not None
    box = re.search(r'viewBox="([^"]*)"', opening[0])
    assert box is not None
    title_id = f"{name}-title"
    head = (
        f'<svg viewBox="{box[1]}" role="img" aria-labelledby="{title_id}">\n'
        f'<title id="{title_id}">{escape(alt)}</title>'
    )
    return head + body[opening.end() :]
