"""Where customers are."""

from __future__ import annotations

from scenarios.fields import (
    Latitude,
    Longitude,
    Name,
    Number,
    Section,
    Text,
    TimeZone,
    key,
)


class RegionSpec(Section):
    """Where customers live."""

    name: Name = key(description="Name of the city or country.")
    latitude: Latitude = key(description="Degrees north.")
    longitude: Longitude = key(description="Degrees east.")
    population: Number = key(description="People, or any other weight of its demand.")
    timezone: TimeZone | None = key(
        None, description="Its time zone, by whose clock parcels are delivered there; null: `timezone`."
    )


class RegionTableSpec(Section):
    """Regions from a CSV or Parquet file."""

    table: Text = key(description="The file: columns name, latitude, longitude, population and, if wanted, timezone.")
