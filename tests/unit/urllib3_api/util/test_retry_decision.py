"""The arithmetic of a retry policy, without clock, sleep or chance."""

from __future__ import annotations

import subprocess
import sys

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.urllib3_api.util import _retry_decision as retry

BUDGET = {"total": 3, "connect": 2, "read": None, "redirect": 0, "status": 1, "other": None}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.ConnectTimeoutError("slow"), retry.CONNECT),
        (errors.NewConnectionError(None, "refused"), retry.CONNECT),
        (errors.ReadTimeoutError(None, "/", "slow"), retry.READ),
        (errors.WriteTimeoutError(None, "/", "slow"), retry.READ),
        (errors.ProtocolError("broken"), retry.READ),
        (errors.HeadError("broken"), retry.READ),
        (errors.IncompleteRead(1, 2), retry.READ),
        (errors.SSLError("certificate"), retry.OTHER),
        (errors.EmptyPoolError(None, "empty"), retry.OTHER),
        (errors.ProxyError("proxy", errors.ConnectTimeoutError("slow")), retry.CONNECT),
        (errors.ProxyError("proxy", errors.ProtocolError("broken")), retry.OTHER),
        (errors.ProxyError("proxy"), retry.OTHER),
        (OSError(), retry.OTHER),
    ],
    ids=repr,
)
def test_an_error_is_judged_by_whether_the_server_may_have_seen_the_request(error: Exception, kind: str) -> None:
    assert retry.kind_of(error) == kind


@pytest.mark.parametrize(
    ("phase", "kind"),
    [("send", retry.READ), ("wait", retry.READ), ("receive", retry.READ), ("tls", retry.OTHER), (None, retry.OTHER)],
)
def test_tls_that_breaks_once_the_request_is_on_its_way_may_have_been_acted_on(phase: str | None, kind: str) -> None:
    error = errors.SSLError("broken")
    error.phase = phase
    assert retry.kind_of(error) == kind
    other = errors.EmptyPoolError(None, "empty")
    other.phase = phase
    assert retry.kind_of(other) == retry.OTHER


def test_errors_of_another_library_are_known_by_the_names_of_their_classes() -> None:
    class ReadTimeoutError(Exception):
        pass

    class Derived(ReadTimeoutError):
        pass

    assert retry.kind_of(Derived()) == retry.READ


@pytest.mark.parametrize("kind", [retry.CONNECT, retry.READ, retry.OTHER, retry.REDIRECT, retry.STATUS])
def test_an_attempt_costs_one_of_the_total_and_one_of_its_own_kind(kind: str) -> None:
    own = BUDGET[kind]
    left = retry.spend(BUDGET, kind, repeatable=True)
    assert left == {**BUDGET, "total": 2, kind: None if own is None else own - 1}
    assert BUDGET["total"] == 3


def test_an_event_of_no_kind_costs_only_one_of_the_total() -> None:
    assert retry.spend(BUDGET, retry.UNKNOWN, repeatable=True) == {**BUDGET, "total": 2}


@pytest.mark.parametrize("kind", [retry.CONNECT, retry.READ, retry.OTHER])
def test_total_false_stops_at_any_error(kind: str) -> None:
    assert retry.spend({**BUDGET, "total": False}, kind, repeatable=True) is None


def test_false_for_a_kind_stops_at_errors_of_that_kind_only() -> None:
    budget = {**BUDGET, "read": False}
    assert retry.spend(budget, retry.READ, repeatable=True) is None
    assert retry.spend(budget, retry.CONNECT, repeatable=True) is not None


def test_connect_false_stops_at_errors_of_connecting_only() -> None:
    budget = {**BUDGET, "connect": False}
    assert retry.spend(budget, retry.CONNECT, repeatable=True) is None
    assert retry.spend(budget, retry.READ, repeatable=True) is not None


def test_a_method_that_may_not_be_repeated_stops_after_the_request_was_sent_but_not_before() -> None:
    assert retry.spend(BUDGET, retry.READ, repeatable=False) is None
    assert retry.spend(BUDGET, retry.CONNECT, repeatable=False) is not None


@pytest.mark.parametrize(
    ("allowances", "overdrawn"),
    [((None, 0, False), False), ((), False), ((1, 0), False), ((1, -1), True), ((None, -1), True)],
)
def test_a_budget_is_exhausted_below_zero(allowances: tuple[int | None, ...], overdrawn: bool) -> None:
    assert retry.exhausted(allowances) is overdrawn


@pytest.mark.parametrize(
    ("method", "allowed", "may"),
    [("get", {"GET"}, True), ("POST", {"GET"}, False), ("POST", None, True), ("POST", (), True)],
)
def test_methods_are_compared_without_regard_to_case_and_none_means_all(
    method: str, allowed: set[str] | None, may: bool
) -> None:
    assert retry.may_repeat(method, allowed) is may


@pytest.mark.parametrize(
    ("status", "forced", "has_retry_after", "again"),
    [
        (500, {500}, False, True),
        (500, None, True, False),
        (429, None, True, True),
        (429, None, False, False),
        (302, {500}, True, False),
    ],
)
def test_a_response_asks_again_by_a_forced_status_or_by_retry_after_where_it_speaks_of_retries(
    status: int, forced: set[int] | None, has_retry_after: bool, again: bool
) -> None:
    found = retry.asks_again(
        status, forced=forced, has_retry_after=has_retry_after, retry_after_statuses=frozenset({413, 429, 503})
    )
    assert found is again


def test_failures_are_counted_since_the_last_redirect() -> None:
    assert retry.failures_in_a_row([None, None, "/there", None]) == 2
    assert retry.failures_in_a_row([]) == 0


def test_the_wait_doubles_from_the_second_failure_on_up_to_its_maximum() -> None:
    assert [retry.backoff(n, 0.5, 3) for n in range(6)] == [0, 0, 1, 2, 3, 3]


def test_jitter_is_added_before_the_maximum_and_never_to_a_first_retry() -> None:
    assert retry.backoff(2, 0.5, 10, extra=0.25) == 1.25
    assert retry.backoff(2, 0.5, 1.1, extra=0.25) == 1.1
    assert retry.backoff(1, 0.5, 10, extra=0.25) == 0


def test_a_wait_is_never_negative_and_never_overflows() -> None:
    assert retry.backoff(3, -1, 10) == 0
    assert retry.backoff(10**6, 10, 120) == 120


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("99999", 3600),
        ("9" * 10_000, 3600),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ("Tue, 08 Nov 1994 08:49:37 GMT", 3600),
    ],
)
def test_retry_after_is_seconds_or_any_of_the_three_dates_of_http_bounded_on_both_sides(
    value: str, seconds: float
) -> None:
    assert retry.seconds_asked(value, now=784111740.0, longest=3600) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Sun, 06 Nov 99999 08:49:37 GMT", "٣"])
def test_any_other_retry_after_is_an_invalid_header(value: str) -> None:
    with pytest.raises(errors.InvalidHeader, match="Invalid Retry-After header"):
        retry.seconds_asked(value, now=0.0, longest=3600)


def test_the_room_loads_without_sockets_threads_clock_or_chance() -> None:
    blocked = ("socket", "ssl", "select", "selectors", "threading", "time", "random", "email")
    code = (
        f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        "import httpcore_lite.urllib3_api.util._retry_decision as retry\nassert retry.backoff(2, 1, 9) == 2\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
