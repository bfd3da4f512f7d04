"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
AGENTS = sorted((ROOT / "sim" / "agents").rglob("*.py"))
LOCK = ROOT / "requirements.lock"

# Written in pieces, so that this file does not match its own pattern.
MACHINE_FOLDERS = ("wo" + "rk", "ro" + "ot", "opt/" + "pypi")
MACHINE_PATH = re.compile(rf"(?<![\w.~}}-])/(?:{'|'.join(MACHINE_FOLDERS)})(?![\w.-])")

SKIPPED_FOLDERS = {".git", ".venv", "runs", "build", "dist", "__pycache__", "htmlcov"}


def bare_timeouts(source: str) -> list[int]:
    """Line numbers where `source` waits without stating a priority."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=("timeout" | "Timeout")) | ast.Name(id="Timeout")):
                lines.append(node.lineno)
            case ast.Attribute(attr="timeout", value=ast.Name(id="env") | ast.Attribute(attr="env")):
                lines.append(node.lineno)
    return sorted(set(lines))


def is_output(folder: str) -> bool:
    return folder in SKIPPED_FOLDERS or folder.endswith(("_cache", ".egg-info"))


def project_files() -> list[Path]:
    """What is, or is about to be, in the repository; in a copy without git, all that is not output."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [path for path in found if not any(is_output(part) for part in path.parts)]
    else:
        names = [Path(name) for name in listed.split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def requirement_name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@pytest.mark.parametrize("path", AGENTS, ids=lambda path: path.name)
def test_agents_wait_only_through_the_scheduling_helper(path: Path):
    assert [] == bare_timeouts(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        "def run(env):\n    yield env.timeout(3)\n",
        "def run(self):\n    yield self.env.timeout(3)\n",
        "def run(self):\n    wait = self.model.env.timeout\n",
        "import simpy\nwait = simpy.Timeout(None, 3)\n",
        "from simpy.events import Timeout\nwait = Timeout(None, 3)\n",
    ],
)
def test_a_bare_timeout_is_noticed(source: str):
    assert [2] == bare_timeouts(source)


def test_other_uses_of_the_word_pass():
    source = "gateway.timeout_ms = 30_000\nlimit = gateway.timeout\nat(5, WORK, timeout_passed)\n"

    assert [] == bare_timeouts(source)


def test_the_lock_records_no_download_host():
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    host = re.compile(r"https?:|file:|index-url|find-links|trusted-host|@")

    assert [] == [line for line in lines if host.search(line)]
    assert [] == [line for line in lines if line.startswith("-")]


def test_each_locked_package_is_pinned_and_hashed():
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8").strip())

    assert [] == [entry for entry in entries if not re.match(r"[\w.-]+==\S+", entry)]
    assert [] == [entry for entry in entries if "--hash=sha256:" not in entry]


def test_the_lock_covers_each_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {requirement_name(line) for line in project["dependencies"]}
    declared |= {requirement_name(line) for line in project["optional-dependencies"]["dev"]}
    locked = {line.split("==")[0] for line in LOCK.read_text(encoding="utf-8").splitlines() if "==" in line}

    assert set() == declared - locked


def test_no_file_names_a_place_on_one_machine():
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # an image or another binary file
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), start=1)
            if MACHINE_PATH.search(line)
        ]

    assert [] == found


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
def test_a_place_on_one_machine_is_noticed(folder: str):
    assert MACHINE_PATH.search(f'open("/{folder}/data.csv")')
    assert MACHINE_PATH.search(f"cd /{folder}")
    assert not MACHINE_PATH.search(f"https://example.org/{folder}/page")
    assert not MACHINE_PATH.search(f"orders/{folder}/data.csv")
