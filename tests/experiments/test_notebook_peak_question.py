"""The notebook runs from top to bottom, on a fraction of its demand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_peak_question_is_answered(tmp_path: Path):
    environment = {**os.environ, "PEAKPROOF_QUICK": "1", "MPLBACKEND": "Agg", "TMPDIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, str(ROOT / "notebooks" / "peak_question.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert 0 == found.returncode, found.stderr
    answer = found.stdout.strip().splitlines()[-1]
    assert answer.startswith(("Deploy ", "No clear winner: ", "No answer: "))
