"""The scenarios that come with Peakproof."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from scenarios.errors import Problems
from scenarios.yaml_source import read_yaml

LIBRARY = Path(__file__).parent / "library"


def library_paths() -> Mapping[str, Path]:
    """Names of the library's scenarios, each with its file."""
    files = {path.stem: path for path in LIBRARY.glob("*.yaml")}
    folders = {path.parent.name: path for path in LIBRARY.glob("*/scenario.yaml")}
    return MappingProxyType(dict(sorted({**folders, **files}.items())))


def library() -> dict[str, str]:
    """Names of the library's scenarios, each with what it is for."""
    found = {}
    for name, path in library_paths().items():
        tree = read_yaml(path, Problems())
        description = tree.get("description") if tree is not None else None
        found[name] = " ".join(str(description.value).split()) if description is not None else ""
    return found
