"""Products and regions: from the file itself, from a table, or made up by rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios import quantities as q
from scenarios.errors import Mark, Problems
from scenarios.fields import MOST_PRODUCTS
from scenarios.merging import named
from scenarios.names import Names
from scenarios.quantities import ZONE_HELP, time_zones
from scenarios.schema.products import GeneratedCategorySpec, GeneratedProductsSpec, GenerateSpec, ProductSpec
from scenarios.schema.scenario import Scenario
from scenarios.sources import folder_of
from scenarios.tables import Table, read_table
from scenarios.yaml_source import Tree
from sim.network import Product, Region
from sim.streams import key_of

PRODUCT_COLUMNS = ("sku", "price", "cost", "weight_kg")
PRODUCT_OPTIONS = ("volume_l", "category", "supplier", "demand_weight", "name")
REGION_COLUMNS = ("name", "latitude", "longitude", "population")
REGION_OPTIONS = ("timezone",)

_LIGHTEST_KG = 0.02


def table_at(tree: Tree, *keys: str) -> tuple[Path, Mark, str] | None:
    """The file that a scenario names below these keys, where it does so, and the keys in one text."""
    found = tree.get(*keys)
    if found is None or not isinstance(found.value, str):
        return None
    return folder_of(found.mark) / found.value, found.mark, ".".join(keys)


def product_table(tree: Tree, problems: Problems) -> Table | None:
    """The table of products, if there is one that can be read."""
    at = table_at(tree, "products", "table")
    if at is None:
        return None
    texts = ("sku", "category", "supplier", "name")
    table = read_table(*at, problems, needed=PRODUCT_COLUMNS, optional=PRODUCT_OPTIONS, texts=texts)
    return _with_rows(table, "product", problems)


def region_table(tree: Tree, problems: Problems) -> Table | None:
    """The table of regions, if there is one that can be read."""
    at = table_at(tree, "regions", "table")
    if at is None:
        return None
    texts = ("name", "timezone")
    table = read_table(*at, problems, needed=REGION_COLUMNS, optional=REGION_OPTIONS, texts=texts)
    return _with_rows(table, "region", problems)


def _with_rows(table: Table | None, what: str, problems: Problems) -> Table | None:
    if table is not None and not len(table):
        problems.add(Mark(table.path, 1), "", "has no rows", accepted=f"at least one {what}")
    return table


def skus(tree: Tree, table: Table | None) -> Sequence[str] | None:
    """All SKUs of a scenario in order, or None if they cannot be told."""
    found = tree.get("products")
    if table is not None:
        return table.texts("sku")
    if found is None or (found.is_mapping and found.get("generate") is None):
        return None
    if found.is_list:
        return [name for entry in found.entries() if (name := named(entry, "sku")) is not None]
    count, prefix = found.get("generate", "count"), found.get("generate", "prefix")
    try:
        number = q.at_most(q.count, MOST_PRODUCTS, q.COUNT_HELP)(count.value if count else None)
        return generated_skus(number, str(prefix.value) if prefix else "SKU")
    except q.QuantityError:
        return None


def region_names(tree: Tree, table: Table | None) -> Sequence[str] | None:
    """All names of regions in order, or None if they cannot be told."""
    if table is not None:
        return table.texts("name")
    found = tree.get("regions")
    if found is None or not found.is_list:
        return None
    return [name for entry in found.entries() if (name := named(entry, "name")) is not None]


def regions_from_table(table: Table) -> tuple[Region, ...]:
    """One region a row; what does not fit goes to the table's problems."""
    table.unique("name")
    latitude, longitude = table.numbers("latitude", lowest=None), table.numbers("longitude", lowest=None)
    table.fault("latitude", np.abs(latitude) > 90, "{value} does not fit", accepted="degrees from -90 to 90")
    table.fault("longitude", np.abs(longitude) > 180, "{value} does not fit", accepted="degrees from -180 to 180")
    zones = [zone or None for zone in table.texts("timezone", default="")]
    if any(zones):
        unknown = np.array([zone is not None and zone not in time_zones() for zone in zones])
        message = "there is no time zone {value}"
        table.fault("timezone", unknown, message, accepted=ZONE_HELP, known=time_zones())
    places = zip(latitude.tolist(), longitude.tolist(), table.numbers("population").tolist(), strict=True)
    return tuple(
        Region(name, *place, zone) for name, place, zone in zip(table.texts("name"), places, zones, strict=True)
    )


def products_from_table(table: Table, names: Names) -> tuple[Product, ...]:
    """One product a row; what does not fit goes to the table's problems."""
    table.unique("sku")
    rows = zip(
        table.texts("sku"),
        table.cents("price").tolist(),
        table.cents("cost").tolist(),
        table.numbers("weight_kg").tolist(),
        table.numbers("volume_l", default=1.0).tolist(),
        table.indices("category", names.of("category"), "category", default=0).tolist(),
        table.indices("supplier", names.of("supplier"), "supplier", default=0).tolist(),
        table.numbers("demand_weight", default=1.0).tolist(),
        table.texts("name", default=""),
    )
    return tuple(
        Product(sku, price, cost, weight, volume, category, supplier, popularity, name or sku)
        for sku, price, cost, weight, volume, category, supplier, popularity, name in rows
    )


def products_of(scenario: Scenario, names: Names) -> tuple[Product, ...]:
    """The products of a scenario that has no table of them."""
    spec = scenario.products
    if isinstance(spec, GeneratedProductsSpec):
        return generate(spec.generate, names)
    assert isinstance(spec, list)
    return tuple(_product(product, names) for product in spec)


def _product(spec: ProductSpec, names: Names) -> Product:
    return Product(
        sku=spec.sku,
        price_cents=spec.price,
        cost_cents=spec.cost,
        weight_kg=spec.weight,
        volume_l=spec.volume,
        category=0 if spec.category is None else names.index("category", spec.category),
        supplier=0 if spec.supplier is None else names.index("supplier", spec.supplier),
        demand_weight=spec.demand_weight,
        substitutes=tuple(names.index("product", sku) for sku in spec.substitutes),
        name=spec.sku if spec.name is None else spec.name,
    )


def generated_skus(count: int, prefix: str) -> list[str]:
    """``SKU0001``, ``SKU0002``, ... with as many digits as the last one needs."""
    digits = len(str(count))
    return [f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)]


def generate(spec: GenerateSpec, names: Names) -> tuple[Product, ...]:
    """A catalogue by rule. The same spec gives the same products on every machine.

    Each product draws its own row of numbers, so that changing one category leaves the others as they are.
    """
    random = np.random.Generator(np.random.PCG64(key_of("catalogue", spec.seed)))
    category_of = _deal(list(spec.categories.values()), spec.count)[random.permutation(spec.count)]
    popularity = np.arange(1, spec.count + 1, dtype=np.float64) ** -spec.zipf
    weight_of = popularity[random.permutation(spec.count)]
    normal, uniform = random.standard_normal((spec.count, 2)), random.random(spec.count)
    labels, specs = list(spec.categories), list(spec.categories.values())
    made: list[Product] = []
    seen = [0] * len(specs)
    for index, sku in enumerate(generated_skus(spec.count, spec.prefix)):
        which = int(category_of[index])
        category = specs[which]
        price = _lognormal(category.price, category.price_cv, normal[index, 0])
        price_cents = max(1, round(price))
        low, high = category.cost_share
        weight = max(_LIGHTEST_KG, _lognormal(category.weight, category.weight_cv, normal[index, 1]))
        made.append(
            Product(
                sku=sku,
                price_cents=price_cents,
                cost_cents=round(price_cents * (low + (high - low) * float(uniform[index]))),
                weight_kg=round(weight, 3),
                volume_l=round(weight / category.density, 3),
                category=names.index("category", labels[which]),
                supplier=_supplier(category, seen[which], names),
                demand_weight=float(weight_of[index]),
                name=f"{labels[which]} {seen[which] + 1}",
            )
        )
        seen[which] += 1
    return tuple(made)


def _deal(specs: Sequence[GeneratedCategorySpec], count: int) -> NDArray[np.int64]:
    """Category of each of ``count`` products, in proportion to their shares (largest remainders)."""
    total = math.fsum(spec.share for spec in specs) or 1.0
    exact = np.array([count * spec.share / total for spec in specs])
    whole = np.floor(exact).astype(np.int64)
    left = count - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return np.repeat(np.arange(len(specs)), whole)


def _lognormal(median: float, cv: float, normal: float) -> float:
    return median * math.exp(math.sqrt(math.log1p(cv * cv)) * float(normal))


def _supplier(category: GeneratedCategorySpec, number: int, names: Names) -> int:
    if category.suppliers:
        return names.index("supplier", category.suppliers[number % len(category.suppliers)])
    return number % max(1, len(names.of("supplier") or ()))
