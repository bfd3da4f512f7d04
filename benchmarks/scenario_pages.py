"""The pages of the library, docs/scenarios/: what a scenario teaches, what can be switched on in it, and its figures.

Which runs and measures make the figures of a scenario stands in benchmarks/scenario_pages.yaml. What a page says below
"What it says" is written by people and stays; everything above is renewed.

    python benchmarks/scenario_pages.py flash-sale recall    # these pages, and the index
    python benchmarks/scenario_pages.py --all                # every page: some forty minutes of two cores
    python benchmarks/scenario_pages.py --heads              # texts and index alone, no runs
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from scenarios.display import display
from scenarios.experiments.comparison import Comparison, Variant
from scenarios.experiments.experiment import compare
from scenarios.library import library_paths

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "scenarios"
STUDIES = ROOT / "benchmarks" / "scenario_pages.yaml"
FIGURES = "## Figures"
SAYS = "## What it says"
AS_IT_IS = "as it is"

INDEX = """# The library: what each scenario teaches

`peakproof list scenarios` names them; `peakproof run baseline` runs one. Each is a YAML file in `scenarios/library/`
whose comments say which figure of the trade a value stands for, with its usual range. Most extend one another and say
only what differs, so that two of them compared on one seed differ in nothing else. Every page has the figures of its
scenario and says how they were made.

| scenario | extends | what it teaches |
|---|---|---|
{rows}

[How to read the figures of baseline, peak and outage](baseline.md). What they leave out: public holidays (but for
`thanksgiving`), purchase orders on their way when the run begins (stock stands for them), marketing. A conclusion that
hangs on one of these needs a scenario of its own.
"""


@dataclass(frozen=True, slots=True)
class Study:
    """Which runs make a scenario's figures."""

    measures: tuple[str, ...]
    runs: int = 3
    sets: tuple[str, ...] = ()
    rows: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {AS_IT_IS: {}})
    apart: tuple[str, ...] = ()
    continuity: bool = False


def studies() -> dict[str, Study]:
    """The study of each scenario, by its name."""
    return TypeAdapter(dict[str, Study]).validate_python(yaml.safe_load(STUDIES.read_text(encoding="utf-8")))


def comments(file: Path) -> list[str]:
    """The paragraphs of the comment that a scenario file begins with."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return [" ".join(part.split()) for part in "\n".join(lines).split("\n\n")]


def head(name: str) -> str:
    """What stands above the figures: all of it from the scenario's own file."""
    file = library_paths()[name]
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    paragraphs = "\n\n".join(comments(file))
    description = " ".join(tree["description"].split())
    above = f"extends [`{tree['extends']}`]({tree['extends']}.md), " if "extends" in tree else ""
    where = file.relative_to(ROOT).as_posix()
    parts = [
        f"# {name}",
        paragraphs,
        f"{description}",
        f"`peakproof run {name}`; {above}[`{where}`](../../{where})",
        *overrides(file, tree),
    ]
    return "\n\n".join(parts)


def overrides(file: Path, tree: dict[str, object]) -> list[str]:
    """A table of what the scenario offers to switch on, with the comment behind each and what it sets."""
    offered = tree.get("overrides")
    if not isinstance(offered, dict):
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = []
    for key, settings in offered.items():
        keys = ", ".join(f"`{path}`" for path in settings) if isinstance(settings, dict) else ""
        rows.append(f"| `{key}` | {_remark(lines, str(key))} | {keys} |")
    table = "\n".join(["| override | what it is | sets |", "|---|---|---|", *rows])
    return [f"## What can be switched on\n\n`--use NAME`, or `use: [NAME]` in a file that extends this one.\n\n{table}"]


def _remark(lines: list[str], key: str) -> str:
    """The comment behind an override's name, or right above it."""
    place = next((n for n, line in enumerate(lines) if line.startswith(f"  {key}:")), None)
    if place is None:
        return ""
    behind = lines[place].partition("#")[2].strip()
    above: list[str] = []
    while not behind and lines[place - 1].startswith("  #"):
        place -= 1
        above.insert(0, lines[place].strip().removeprefix("#").strip())
    return behind or " ".join(above)


def figures(name: str, study: Study, jobs: int) -> str:
    """The study, run: a table, and how it was made."""
    found, *others = (
        compare(
            name,
            variants=[_variant(row, study) for row in rows],
            replications=study.runs,
            sets=study.sets,
            kpis=study.measures,
            jobs=jobs,
            criterion=study.measures[0],
            guard=None,
        )
        for rows in ([row for row in study.rows if row not in study.apart], *([row] for row in study.apart))
    )
    alone = len(study.rows) == 1
    table = by_measure(found, study) if alone else by_variant([found, *others], study)
    cut = "".join(f" --set {text}" for text in study.sets)
    of_what = "" if alone else " of the difference to the first row, on the same customers"
    made = f"`python benchmarks/scenario_pages.py {name}`: {study.runs} runs{cut}, seeds from 1"
    made += f"; in brackets the 95% interval{of_what}." if study.runs > 1 else "."
    if study.apart:
        made += " Rows without brackets change what customers are offered, and are not paired."
    parts = [f"{FIGURES}\n\n{made}", table]
    if study.continuity:
        parts.append(continuity_table(name, study))
    return "\n\n".join(parts)


def _variant(row: str, study: Study) -> Variant:
    how = study.rows[row]
    return Variant(row, sets=tuple(how.get("sets", ())), use=tuple(how.get("use", ())))


def by_measure(found: Comparison, study: Study) -> str:
    """One scenario: a row for each measure."""
    lines = ["| measure | mean |", "|---|---:|"]
    for name in study.measures:
        measure, mean = found.measure(name), found.mean(found.variants[0].name, name)
        show = [display(value, measure.unit, found.currency) for value in (mean.mean, mean.low, mean.high)]
        lines.append(f"| {measure.title} | {show[0]}{f' ({show[1]} to {show[2]})' if sure(mean.low) else ''} |")
    return "\n".join(lines)


def by_variant(parts: list[Comparison], study: Study) -> str:
    """A row for each variant, with paired differences to the first where it met the same customers."""
    found = parts[0]
    titles = [found.measure(name).title for name in study.measures]
    lines = [f"| | {' | '.join(titles)} |", f"|---|{'---:|' * len(titles)}"]
    for part in parts:
        for variant in part.variants:
            cells = [_cell(part, variant.name, name) for name in study.measures]
            label = variant.name if variant.name == AS_IT_IS or " " in variant.name else f"`{variant.name}`"
            lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: Comparison, variant: str, name: str) -> str:
    unit, first = found.measure(name).unit, found.variants[0].name
    cell = display(found.mean(variant, name).mean, unit, found.currency)
    if variant == first:
        return cell
    gap = found.difference(variant, first, name)
    if not sure(gap.low) or gap.low == gap.high == 0:
        return cell
    low, high = (display(end, unit, found.currency, signed=True) for end in (gap.low, gap.high))
    return f"{cell} ({low} to {high})"


def sure(end: float) -> bool:
    """Whether an interval has ends."""
    return math.isfinite(end)


def continuity_table(name: str, study: Study) -> str:
    """What the disruption did: each row against itself without it, seed 1."""
    from peakproof.paired_runs import continuity
    from reports.continuity_page import COLUMNS, row

    lines = [f"| | {' | '.join(COLUMNS[2:])} |", f"|---|{'---:|' * len(COLUMNS[2:])}"]
    for label, how in study.rows.items():
        sets, use = [*study.sets, *how.get("sets", ())], how.get("use", ())
        with tempfile.TemporaryDirectory() as folder:
            results, _ = continuity([name], [], "allocation", 1, sets=sets, use=use, out=Path(folder) / "out")
        lines += [f"| {label} | {' | '.join(row(result)[2:])} |" for result in results]
    said = f"`peakproof continuity {name}`, seed 1: against the same run without its disruption"
    return f"{said} ([what the columns mean](../disruptions.md)).\n\n" + "\n".join(lines)


def page(name: str, ran: str | None) -> str:
    """A page: what its file says, its figures (those it had, if none are given), and what was written below them."""
    file = PAGES / f"{name}.md"
    old = file.read_text(encoding="utf-8") if file.is_file() else ""
    says = old[old.index(SAYS) :] if SAYS in old else f"{SAYS}\n"
    kept = old[old.index(FIGURES) : old.index(SAYS)].strip() if FIGURES in old else FIGURES
    return "\n\n".join([head(name), ran or kept, says.strip()]) + "\n"


def index() -> str:
    """The list of all pages."""
    rows = []
    for name, file in library_paths().items():
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
        lessons = [text for text in comments(file) if text.startswith("It teaches")]
        lesson = (
            lessons[0].removeprefix("It teaches ").split(". ")[0].rstrip(".")
            if lessons
            else " ".join(tree["description"].split())
        )
        above = f"`{tree['extends']}`" if "extends" in tree else ""
        rows.append(f"| [`{name}`]({name}.md) | {above} | {lesson} |")
    return INDEX.format(rows="\n".join(rows))


def main() -> None:
    """Renew pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="SCENARIO")
    parser.add_argument("--all", action="store_true", help="run the study of every scenario")
    parser.add_argument("--heads", action="store_true", help="renew texts and index, and keep all figures")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    arguments = parser.parse_args()
    known = studies()
    PAGES.mkdir(exist_ok=True)
    chosen = list(known) if arguments.all else arguments.names
    for name in library_paths():
        ran = figures(name, known[name], arguments.jobs) if name in chosen and not arguments.heads else None
        (PAGES / f"{name}.md").write_text(page(name, ran), encoding="utf-8")
        if ran:
            print(f"{name}\n{ran}\n", flush=True)
    (PAGES / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
