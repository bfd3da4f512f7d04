"""Commands that the documents and the program's own help name are commands, and what they say of scenarios holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from peakproof.cli import app
from scenarios.library import library_paths
from scenarios.load import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/*.md", "docs/scenarios/README.md", "peakproof/commands/*.py", "scenarios/library/*.yaml")
COMMAND = re.compile(r"(?:^ *(?:# *)?|`)(peakproof [a-z][^`\n]*)", re.MULTILINE)
# A gap of three blanks, or a hash, begins what is said of the command.
REMARK = re.compile(r" {3,}| # ")


def documented() -> Iterator[str]:
    """Every command with something behind its name, once; what stands for any word makes no command."""
    found = {
        REMARK.split(match)[0].strip()
        for pattern in PAGES
        for page in ROOT.glob(pattern)
        for match in COMMAND.findall(re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8")))
    }
    yield from sorted(text for text in found if len(text.split()) > 2 and "..." not in text)


def parsed(text: str) -> dict[str, Any]:
    """What a command makes of its words; an error where it does not take them."""
    command: Any = typer.main.get_command(app)
    name, *words = shlex.split(text)
    context = command.make_context(name, words)
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, words, parent=context)
    return dict(context.params)


# An option without its argument is how prose names an option; a name alone is how it names a command's subject.
IN_PROSE = ("peakproof run --check", "peakproof changes fragmented")
COMMANDS = [text for text in documented() if text not in IN_PROSE]
IN_LIBRARY = [text for text in COMMANDS if parsed(text).get("scenario") in library_paths() and "cheapst" not in text]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_documented_command_takes_its_words(text: str):
    assert parsed(text)


@pytest.mark.parametrize("text", [text for text in IN_LIBRARY if "--set" in text or "--use" in text])
def test_what_it_sets_in_a_scenario_is_there(text: str):
    given = parsed(text)

    assert load(given["scenario"], given.get("use") or (), given.get("set_") or ()).world.name
