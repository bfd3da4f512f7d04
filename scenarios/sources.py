"""From a path or a name to one tree: finds the file, and lays it over what it extends."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.errors import Mark, Problems, listed
from scenarios.library import library_paths
from scenarios.merging import canonical, merge
from scenarios.yaml_source import Tree, read_yaml
from sim.run_files import SCENARIO

SUFFIXES = (".yaml", ".yml")


def find(path_or_name: str | Path, beside: Path | None = None) -> Path | None:
    """The file of a scenario: a library scenario's name, a file, or a folder with ``scenario.yaml``.

    Relative paths are looked up in the folder ``beside``, or else in the current one.
    """
    text = str(path_or_name)
    if isinstance(path_or_name, str) and text in library_paths():
        return library_paths()[text]
    path = (beside or Path()) / path_or_name
    try:
        if path.is_dir() and (path / SCENARIO).is_file():
            return path / SCENARIO
        return path if path.is_file() else None
    except (OSError, ValueError):  # no file system takes such a name
        return None


def source_tree(path_or_name: str | Path, problems: Problems) -> tuple[Path, Tree] | None:
    """The scenario's file, and its tree laid over those that it extends; None if there is nothing to read."""
    path = find(path_or_name)
    if path is None:
        text = str(path_or_name)
        problems.add(
            Mark(text),
            "",
            "there is no such scenario",
            value=text,
            accepted=f"a file, or a library scenario: {listed(library_paths())}",
            known=library_paths(),
        )
        return None
    tree = _extended(path, problems, ())
    return None if tree is None else (path, tree)


def shown_path(path: Path) -> Path:
    """The path as short as it can be told from the current folder."""
    full = path.resolve()
    try:
        return full.relative_to(Path.cwd())
    except ValueError:
        return full


def folder_of(mark: Mark) -> Path:
    """Where paths that stand at ``mark`` begin: beside its file, or here for ``--set``."""
    return Path(os.path.dirname(mark.file)) if mark.line else Path()


def _extended(path: Path, problems: Problems, below: tuple[Path, ...]) -> Tree | None:
    read = read_yaml(shown_path(path), problems)
    if read is None:
        return None
    if not read.is_mapping:
        problems.add(read.mark, "", "a scenario is a mapping of keys such as name, start, nodes")
        return None
    tree = canonical(read, problems)
    parent = tree.get("extends")
    if parent is None or parent.value is None:
        return tree
    if not isinstance(parent.value, str):
        problems.add(parent.mark, "extends", "does not fit", accepted="one scenario's name or file, as text")
        return None
    base_path = find(parent.value, beside=path.parent)
    chain = (*below, path.resolve())
    if base_path is None:
        problems.add(
            parent.mark,
            "extends",
            f"there is no scenario {parent.value!r}",
            value=parent.value,
            accepted=f"a file's path from here, or a library scenario: {listed(library_paths())}",
            known=library_paths(),
        )
        return None
    if base_path.resolve() in chain:
        circle = " -> ".join(p.stem for p in (*chain[chain.index(base_path.resolve()) :], base_path))
        problems.add(parent.mark, "extends", f"extends itself: {circle}", value=parent.value)
        return None
    base = _extended(base_path, problems, chain)
    # Without its base a scenario lacks most of its keys: to name them all would hide the cause.
    return None if base is None else merge(base, tree)
