"""`Retry` decides: again or stop, and after how long. Nothing here sleeps."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.urllib3_api.util import retry
from httpcore_lite.urllib3_api.util.retry import RequestHistory, Retry

ALLOWED = {"total": 3, "connect": 2, "read": None, "redirect": 5, "status": 1, "other": None}
FAILURES = {
    "connect": errors.NewConnectionError(None, "refused"),
    "read": errors.ProtocolError("broken"),
    "other": errors.SSLError("certificate"),
}
MOVED = RequestHistory("GET", "/", None, 302, "/there")
FAILED = RequestHistory("GET", "/", None, 503, None)


class Raw:
    """A response that `increment` is asked about."""

    headers: dict[str, str] = {}

    def __init__(self, status: int, location: str | None = None) -> None:
        self.status = status
        self.location = location

    def get_redirect_location(self) -> str | None:
        return self.location


def left_of(policy: Retry) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in ALLOWED}


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


@pytest.mark.parametrize(
    ("kind", "ended"),
    [
        *[(kind, {"error": error}) for kind, error in FAILURES.items()],
        ("redirect", {"response": Raw(302, "/there")}),
        ("status", {"response": Raw(503)}),
    ],
)
def test_an_attempt_costs_one_of_the_total_and_one_of_its_own_kind(kind: str, ended: dict[str, Any]) -> None:
    policy = Retry(**ALLOWED)
    own = ALLOWED[kind]
    assert left_of(policy.increment("GET", "/", **ended)) == {
        **ALLOWED,
        "total": 2,
        kind: None if own is None else own - 1,
    }
    assert left_of(policy) == ALLOWED


def test_an_event_of_no_kind_costs_only_one_of_the_total() -> None:
    assert left_of(Retry(**ALLOWED).increment("GET", "/")) == {**ALLOWED, "total": 2}


@pytest.mark.parametrize("kind", FAILURES)
def test_total_false_stops_at_any_error(kind: str) -> None:
    with pytest.raises(type(FAILURES[kind])) as caught:
        Retry(**{**ALLOWED, "total": False}).increment("GET", "/", error=FAILURES[kind])
    assert caught.value is FAILURES[kind]


@pytest.mark.parametrize(("forbidden", "other"), [("read", "connect"), ("connect", "read")])
def test_false_for_a_kind_stops_at_errors_of_that_kind_only(forbidden: str, other: str) -> None:
    policy = Retry(**{**ALLOWED, forbidden: False})
    with pytest.raises(type(FAILURES[forbidden])):
        policy.increment("GET", "/", error=FAILURES[forbidden])
    assert policy.increment("GET", "/", error=FAILURES[other]).total == 2


def test_a_method_that_may_not_be_repeated_stops_after_the_request_was_sent_but_not_before() -> None:
    with pytest.raises(errors.ProtocolError):
        Retry(**ALLOWED).increment("POST", "/", error=FAILURES["read"])
    assert Retry(**ALLOWED).increment("POST", "/", error=FAILURES["connect"]).connect == 1


@pytest.mark.parametrize(
    ("allowances", "overdrawn"),
    [
        ({"total": None, "connect": 0, "read": False}, False), ({"total": 1, "status": 0}, False),
        ({"total": 1, "other": -1}, True), ({"total": None, "redirect": -1}, True),
    ],
)  # fmt: skip
def test_a_policy_is_exhausted_below_zero(allowances: dict[str, Any], overdrawn: bool) -> None:
    assert Retry(**allowances).is_exhausted() is overdrawn


@pytest.mark.parametrize(
    ("method", "allowed", "may"), [("get", {"GET"}, True), ("POST", {"GET"}, False), ("POST", None, True)]
)
def test_methods_are_compared_without_regard_to_case_and_none_means_all(
    method: str, allowed: set[str] | None, may: bool
) -> None:
    assert Retry(allowed_methods=allowed, status_forcelist=[500]).is_retry(method, 500) is may


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
    assert Retry(status_forcelist=forced).is_retry("GET", status, has_retry_after) is again


def test_failures_are_counted_since_the_last_redirect() -> None:
    assert Retry(backoff_factor=1, history=(FAILED, MOVED, FAILED, FAILED)).get_backoff_time() == 2
    assert Retry(backoff_factor=1, history=(FAILED, FAILED, MOVED)).get_backoff_time() == 0


def test_the_wait_doubles_from_the_second_failure_on_up_to_its_maximum() -> None:
    waits = [Retry(backoff_factor=0.5, backoff_max=3, history=(FAILED,) * n).get_backoff_time() for n in range(6)]
    assert waits == [0, 0, 1, 2, 3, 3]


@pytest.mark.parametrize(("failures", "most", "wait"), [(2, 10, 1.25), (2, 1.1, 1.1), (1, 10, 0)])
def test_jitter_is_added_before_the_maximum_and_never_to_a_first_retry(
    failures: int, most: float, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)
    policy = Retry(backoff_factor=0.5, backoff_max=most, backoff_jitter=0.5, history=(FAILED,) * failures)
    assert policy.get_backoff_time() == wait


def test_a_wait_is_never_negative_and_never_overflows() -> None:
    assert Retry(backoff_factor=-1, backoff_max=10, history=(FAILED,) * 3).get_backoff_time() == 0
    assert Retry(backoff_factor=10, history=(FAILED,) * 2000).get_backoff_time() == 120


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
    value: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 784111740.0)
    assert Retry(retry_after_max=3600).parse_retry_after(value) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Sun, 06 Nov 99999 08:49:37 GMT", "٣"])
def test_any_other_retry_after_is_an_invalid_header(value: str) -> None:
    with pytest.raises(errors.InvalidHeader, match="Invalid Retry-After header"):
        Retry().parse_retry_after(value)


def test_it_decides_without_sockets_threads_or_chance() -> None:
    blocked = ("socket", "ssl", "select", "selectors", "threading", "random", "email")
    code = (
        f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        "from httpcore_lite.urllib3_api.util.retry import Retry\n"
        "assert Retry(2, backoff_factor=1).increment('GET', '/').get_backoff_time() == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
