"""Every scenario through requests and through us: the same bytes, the same results, the same errors."""

from __future__ import annotations

import collections

import pytest
from compat import scenarios
from compat.scenarios.differences import DIFFERENCES

from support.differential import SCENARIOS, differences, observe

pytest.importorskip("requests")
scenarios.load()

GROUPS = [*range(1, 17), 18, 20, 29, 30, 31, 32, 33]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_program_notices_no_difference_but_the_listed_ones(name: str) -> None:
    item = SCENARIOS[name]
    found = differences(observe("requests", item), observe("httpcore_lite", item))
    known = DIFFERENCES.get(name)
    allowed = known.paths if known else ()
    unexpected = [
        f"{path}\n    requests: {theirs!r}\n    ours:     {ours!r}"
        for path, (theirs, ours) in found.items()
        if not path.startswith(allowed)
    ]
    if unexpected:
        pytest.fail("\n".join(unexpected), pytrace=False)
    if known is None:
        return
    vanished = [path for path in known.paths if not any(each.startswith(path) for each in found)]
    assert not (vanished and known.always), f"no longer differs: {vanished}"


def test_every_listed_difference_names_a_scenario_and_a_reason() -> None:
    assert set(DIFFERENCES) <= set(SCENARIOS)
    assert all(each.reason and each.paths for each in DIFFERENCES.values())


def test_there_are_enough_scenarios() -> None:
    counts = collections.Counter(group for item in SCENARIOS.values() for group in item.groups)
    assert len(SCENARIOS) >= 150
    assert {group: counts[group] for group in GROUPS if counts[group] < 5} == {}
