"""Output folders appear whole or not at all, and never over something that is not theirs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sim.errors import PeakproofError
from sim.policies.calls import SOLVER_SECONDS
from sim.run_files import MANIFEST

RUNS = Path("runs")

_LONGEST, _KEPT = 150, 20
"""Bytes of a folder's name, of the 255 that file systems take; characters at its end that are kept in any case."""


class OutputError(PeakproofError):
    """A folder cannot be written where it was asked for."""


def free_folder(name: str, parent: Path = RUNS) -> Path:
    """``parent/name``, or with the first number behind it that is not taken. A scenario may be called anything: what
    cannot be in the name of a folder, and what would lead out of ``parent``, is left out."""
    name = _as_folder(name)
    first = parent / name
    if not first.exists():
        return first
    return next(path for number in count(2) if not (path := parent / f"{name}-{number}").exists())


def _as_folder(name: str) -> str:
    plain = re.sub(r'[\x00-\x1f/\\:*?"<>|]+', "-", name).strip(" .-")
    if len(plain.encode()) > _LONGEST:
        tail = plain[-_KEPT:]  # the seed, or what kind of comparison it is
        plain = plain.encode()[: _LONGEST - len(tail.encode())].decode(errors="ignore") + tail
    return plain or "run"


def check_free(folder: Path) -> None:
    """Raise `OutputError` unless ``folder`` is absent, empty or an earlier output of Peakproof."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file; give --out a folder that does not exist yet")
    if any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise OutputError(
            f"{folder} exists and is no run of Peakproof (it has no {MANIFEST}), so it is left as it is; "
            "give --out another folder"
        )


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``folder`` when all went well, and vanishes when it did not."""
    check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.parent / f".{folder.name}.{os.getpid()}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        _replace(folder, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(folder: Path, partial: Path) -> None:
    """Put ``partial`` in the place of ``folder``, whose old content goes only once the new one stands."""
    check_free(folder)
    if not folder.exists():
        partial.rename(folder)
        return
    old = partial.with_suffix(".old")
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def write_json(file: Path, data: Any) -> None:
    """Write JSON that people can read and diff."""
    file.write_text(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def file_hashes(folder: Path, skip: tuple[str, ...] = (MANIFEST, SOLVER_SECONDS)) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its path inside; not of solvers' wall times, which no two runs share."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: _sha256(path) for name, path in names.items() if name not in skip}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
