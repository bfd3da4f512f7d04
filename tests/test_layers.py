"""The five floors: imports run downward only, and the contract that says so can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("peakproof", "reports", "scenarios", "optimize", "sim")
CONTRACT = "Imports run downward only"

# A process of its own: in this one, the floors are already imported from the real tree.
LINT_IMPORTS = (sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, tmp_path / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_run_downward_only():
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{CONTRACT} KEPT" in result.stdout


def test_every_upward_import_breaks_the_contract(copied_tree: Path):
    upward = [(lower, upper) for i, upper in enumerate(FLOORS) for lower in FLOORS[i + 1 :]]
    for lower, upper in upward:
        (copied_tree / lower / f"climbs_to_{upper}.py").write_text(f"import {upper}\n", encoding="utf-8")

    result = lint_imports(copied_tree)

    assert result.returncode != 0
    assert f"{CONTRACT} BROKEN" in result.stdout
    unnamed = [pair for pair in upward if f"{pair[0]}.climbs_to_{pair[1]} -> {pair[1]}" not in result.stdout]
    assert [] == unnamed
