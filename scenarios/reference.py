"""The reference of every key of a scenario file, written from the schema: ``docs/scenario-file.md``.

``python -m scenarios.reference docs/scenario-file.md`` renews it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from scenarios import quantities as q
from scenarios.fields import HOURS_HELP, Reads, Section
from scenarios.schema.scenario import DEFAULT_POLICIES, Scenario
from scenarios.yaml_source import dump_yaml
from sim.policies.registry import DECISIONS

_INTRO = f"""\
# The scenario file

A scenario is one YAML file that says what exists, who decides, what goes wrong and what time is simulated.
The library's `baseline` is a complete, commented example; a file of your own usually extends one:

```yaml
extends: baseline              # a library scenario, or a file beside this one
name: our-peak
channels:
  web: {{orders_per_day: 14000}} # only what differs
disruptions:
  sale: {{kind: promotion, at: 2026-11-24 18:00, duration: 6h, multiplier: 4}}
overrides:
  more_packers:
    nodes.AVP.shifts.0.pack: 20
    nodes.AVP.shifts.1.pack: 20
```

This page is written from the schema (`python -m scenarios.reference docs/scenario-file.md`). Editors read the
same from `scenarios.json_schema.schema()`.

## Who wins

`extends` < the file itself < named overrides < `--policy` and `--set`.

- Mappings are merged key by key. Named things (`nodes`, `channels`, `products`, ...) are merged by name; a
  name with the value `null` is removed. Any other list, and any random quantity, is replaced as a whole.
- Named things are written as a mapping by name, or as a list of entries with a `name` (`sku` for products,
  `kind` for payments).
- Named overrides map dotted keys to values. A file chooses with `use: [more_packers]`, a run by name. Two
  chosen overrides that say different things of one key are an error.
- Dotted keys address entries by name, other lists by position from 0: `nodes.AVP.shifts.0.pack`. A name with
  a dot in it is quoted: `regions."St. Louis".population`. `--set disruptions.sale=null` removes an entry, and
  a mapping under a new name adds one.
- Keys that begin with `x-` are ignored: a place for YAML anchors.
- Tables (CSV or Parquet) are found relative to the file that names them. In CSV files the header is row 1.

## How amounts are written

| amount | as |
|---|---|
| duration | {q.DURATION_HELP} |
| moment | {q.MOMENT_HELP} |
| time of day | {q.CLOCK_HELP} |
| weekdays | {q.WEEKDAYS_HELP} |
| share | {q.SHARE_HELP} |
| money | {q.MONEY_HELP} |
| weight | {q.WEIGHT_HELP} |
| volume | {q.VOLUME_HELP} |
| hours of the week | {HOURS_HELP} |
| by zone | one value for all parcel zones, or a mapping such as `{{2: 6.00, 3-4: 7.00, 5-8: 9.00}}` |
| random quantity | a plain value (always the same), or a distribution (below), in the field's unit |

`{{uniform: [low, high]}}`, `{{exponential: mean}}`, `{{lognormal: {{median: 7d, cv: 0.5}}}}`,
`{{triangular: [low, mode, high]}}`, `{{discrete: {{1: 0.6, 2: 0.3, 3: 0.1}}}}` (value: weight).

Hours and days of a node, a desk, a channel or a region are by its own `timezone`, where it has one; moments are by the
scenario's, but for `opens`. What goes by whose clock is in [model.md](model.md#whose-clock).

Unlike most YAML, `NO`, `off` and `22:15` stay text, `010` keeps its zero, `1e3` is a number, an equal key is
an error, and tags that make objects are refused.
"""

_OUTRO = """\
## Disruptions and policies

Their keys come from the classes themselves, so that a new one needs no change here; the editors' schema has
them all. A field `at_ms` of a class is the key `at`, `fee_cents` the key
`fee`, `capacity_share_bp` the key `capacity_share`, each with the amounts above; `node` and `channels` take
names.

```yaml
disruptions:
  fire: {kind: node_outage, node: AVP, at: 1d12h, duration: 6h, capacity_share: 25%}
policies:
  allocation: closest
  carrier: {name: fixed, parameters: {service: Northway/ground}}
policy_changes:
  - {at: 2026-11-24 18:00, policies: {allocation: fewest_splits}}
```

A carrier's service is called `carrier/service`. Policies that a file does not choose: """

_TABLES = """
## Tables

| table | columns (optional ones in brackets) |
|---|---|
| `products.table` | sku, price, cost, weight_kg, [volume_l, category, supplier, demand_weight, name] |
| `regions.table` | name, latitude, longitude, population, [timezone] |
| `stock.table` | node, sku, units, [reorder_point, order_up_to]; a row makes the node carry the SKU |
| `trace.orders` | order_ref, placed_at, channel, region, [customer] |
| `trace.lines` | order_ref, sku, units, unit_price_cents |
| `trace.credits` | credited_at, sku, units, credit_cents, [credit_ref, order_ref, line_number from 0] |
| `trace.adjustments` | adjusted_at, sku, units |
| `trace.fees` | charged_at, account, amount_cents, [order_ref] |

Prices and costs are in whole currency units, columns that end in `_cents` in minor units. Times are ISO;
without an offset they are the scenario's local time. Orders at or after the horizon's end are left out.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    chosen = {decision: DEFAULT_POLICIES.get(decision) for decision in DECISIONS}
    defaults = ", ".join(f"`{decision}: {name}`" for decision, name in chosen.items() if name)
    sections = "\n".join(_section(section, path) for path, section in _sections(Scenario, ""))
    return f"{_INTRO}\n{sections}\n{_OUTRO}{defaults}.\n{_TABLES}"


def _sections(section: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
    """Every section with the path at which it stands, outer ones first."""
    yield path, section
    for name, field in section.model_fields.items():
        step = f"{path}.{field.alias or name}" if path else field.alias or name
        for inner, several in _inner(field.annotation, False):
            yield from _sections(inner, f"{step}.<name>" if several else step)


def _inner(annotation: Any, several: bool) -> Iterator[tuple[type[Section], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, several
    several = several or getattr(annotation, "__origin__", None) in (list, dict)
    for inner in get_args(annotation):
        yield from _inner(inner, several)


def _section(section: type[Section], path: str) -> str:
    title = f"## `{path}`" if path else "## At the top"
    lines = [
        title,
        "",
        _summary(section),
        "",
        "| key | default | what it is | accepted |",
        "|---|---|---|---|",
    ]
    for name, field in section.model_fields.items():
        cells = (f"`{field.alias or name}`", _default(field), field.description or "", _accepted(field))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _summary(section: type[Section]) -> str:
    return " ".join((section.__doc__ or "").split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    if field.default in (None, PydanticUndefined, [], {}):
        return ""
    return f"`{_flow(field.default)}`"


def _flow(value: Any) -> str:
    """A default as a file would say it, on one line."""
    if value == {"hours": [1] * 24}:
        return "flat"
    if isinstance(value, (dict, list)):
        inner = (f"{k}: {_flow(v)}" for k, v in value.items()) if isinstance(value, dict) else map(_flow, value)
        joined = ", ".join(inner)
        return f"{{{joined}}}" if isinstance(value, dict) else f"[{joined}]"
    return dump_yaml(value).removesuffix("...\n").strip()


def _accepted(field: FieldInfo) -> str:
    reads = [m for m in field.metadata if isinstance(m, Reads)] or list(_reads(field.annotation))
    if not reads:
        return ""
    if reads[0].choices:
        return ", ".join(f"`{choice}`" for choice in reads[0].choices)
    return str(reads[0].json.get("description", ""))


def _reads(annotation: Any) -> Iterator[Reads]:
    for metadata in getattr(annotation, "__metadata__", ()):
        if isinstance(metadata, Reads):
            yield metadata
    for inner in get_args(annotation):
        yield from _reads(inner)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
