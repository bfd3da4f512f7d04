"""Each capability from the floor to disruptions changes what was said, to the same customers, in that direction."""

from __future__ import annotations

import pytest

from tests.contracts.effects import Effect, assert_told, told_of


@pytest.mark.parametrize(("effect", "told"), told_of("DEFGHIJ"))
def test_it_goes_where_it_should(effect: Effect, told: str):
    assert_told(effect, told)
