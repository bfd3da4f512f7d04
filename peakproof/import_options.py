"""Options of an import as ``key=value`` texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from scenarios.errors import Mark, Problems
from scenarios.importers.options import ImportOptions


def read_options(texts: Sequence[str]) -> ImportOptions:
    """Options from ``key=value`` texts.

    Raises
    ------
    ScenarioError
        With every key that is unknown and every value that does not fit.
    """
    problems, values = Problems(), dict[str, Any]()
    defaults = {field.name: field.default for field in fields(ImportOptions)}
    for text in texts:
        key, _, value = text.partition("=")
        mark = Mark("--option")
        if key not in defaults:
            problems.add(mark, key, "unknown option", value=key, known=defaults, accepted=", ".join(defaults))
            continue
        try:
            values[key] = _converted(value, defaults[key], key)
        except ValueError:
            accepted = f"a value like {defaults[key]}"
            problems.add(mark, key, f"{value!r} does not fit", value=value, accepted=accepted)
    problems.raise_if_any()
    return ImportOptions(**values)


def _converted(text: str, default: Any, key: str) -> Any:
    if key == "regions":
        return Path(text)
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return type(default)(text)
