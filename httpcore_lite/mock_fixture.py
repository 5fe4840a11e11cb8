"""A pytest plugin with the fixture `http_mock`: an active `mock.RequestsMock` for one test.

    def test_users(http_mock):
        http_mock.get("https://example.org/users", json=[])

pytest loads it by itself where the package is installed (its entry point names this module). At start it imports pytest
and nothing else, and it acts only in tests that ask for the fixture. Whether a test fails where something registered
was never asked for, the ini option `http_mock_assert_all_requests_are_fired` says for a project: true, if not set.
"""

from __future__ import annotations

import pytest

from ._alias import come_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from .mock import RequestsMock

# pytest rewrites the assertions of every package that has a plugin: its finder loads our modules then, and would load
# what has two names twice where it was there before us.
come_first()

_OPTION = "http_mock_assert_all_requests_are_fired"
_ACTIVE: pytest.StashKey[RequestsMock] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option."""
    parser.addini(_OPTION, "fail where a response of http_mock was never asked for", type="bool", default=True)


@pytest.fixture
def http_mock(request: pytest.FixtureRequest) -> Generator[RequestsMock, None, None]:
    """Canned responses for one test: no request leaves while it runs."""
    from .mock import RequestsMock

    with RequestsMock(assert_all_requests_are_fired=bool(request.config.getini(_OPTION))) as active:
        request.node.stash[_ACTIVE] = active
        yield active


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    """Say in a note of what a test, or a fixture of it, fails by which responses were never asked for."""
    outcome = yield
    active = item.stash.get(_ACTIVE, None)
    if active is not None and outcome.excinfo is not None:
        active.note_unfired(outcome.excinfo[1])


pytest_runtest_setup = pytest_runtest_call
