"""Random scenarios in numbers: many draws from the schema, each run to its end under check.

Prints how many ran, how many the loader refused, and each kind of failure once, with the keys that the smallest draw of
that kind had laid over the base. The suite runs 200 of these, always the same; this draws others.

    python -m benchmarks.random_scenarios [--draws 2000] [--seed 1]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from traceback import extract_tb
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.scenarios.random_scenarios import BASE, scenarios
from tests.scenarios.test_random_scenarios import run_to_the_end


def differences(drawn: Any, base: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The keys in which two trees differ, with the first one's values."""
    if not (isinstance(drawn, dict) and isinstance(base, dict)):
        if drawn != base:
            yield path, drawn
        return
    for key, value in drawn.items():
        yield from differences(value, base.get(key), f"{path}.{key}" if path else key)


def study(draws: int, first_seed: int) -> tuple[Counter[str], dict[str, dict[str, Any]]]:
    """Counts by outcome, and the smallest draw of each kind of failure."""
    counts, failures = Counter[str](), dict[str, dict[str, Any]]()

    @seed(first_seed)
    @settings(
        max_examples=draws,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def draw(scenario: dict[str, Any]) -> None:
        try:
            counts["refused" if run_to_the_end(scenario) is None else "ran"] += 1
        except Exception as error:  # each kind is reported, none ends the study
            counts["failed"] += 1
            place = extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {place.name}, line {place.lineno}: {str(error)[:200]}"
            if kind not in failures or len(str(scenario)) < len(str(failures[kind])):
                failures[kind] = scenario

    draw()
    return counts, failures


def main() -> None:
    """Run the study and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    counts, failures = study(arguments.draws, arguments.seed)
    print(", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())))
    for kind, scenario in failures.items():
        print(f"\n{kind}")
        for path, value in differences(scenario, BASE):
            print(f"  {path} = {value}")


if __name__ == "__main__":
    main()
