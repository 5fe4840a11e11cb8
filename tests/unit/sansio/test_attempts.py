"""What comes after an attempt, with plain values: no socket, no clock, no sleep."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from httpcore_lite.sansio.attempts import Attempts, policy_after, redirected, too_late
from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.sansio.errors import (
    ConnectTimeoutError,
    HeadError,
    MaxRetryError,
    ProtocolError,
    ProxyError,
    UnrewindableBodyError,
)
from httpcore_lite.sansio.http1.request_body import OutgoingBody
from httpcore_lite.sansio.options import ExchangeOptions
from httpcore_lite.sansio.timeouts import Deadline
from httpcore_lite.urllib3_api.util.retry import Retry

ORIGIN = Route("http", "origin.test", 80)
PROXY = Route("http", "proxy.test", 3128, forwarding=True)


def attempts(retries: Any, route: Route = ORIGIN, body: Any = None, options: ExchangeOptions | None = None) -> Attempts:
    return Attempts("GET", "/", route, OutgoingBody(body), options or ExchangeOptions(), retries)


def response(status: int, **fields: str) -> Any:
    return SimpleNamespace(
        status=status, headers=fields, getheader=fields.get, get_redirect_location=lambda: fields.get("Location", False)
    )


@pytest.mark.parametrize(
    ("status", "fields", "again"),
    [
        (200, {}, False),
        (503, {}, True),
        (429, {"Retry-After": "1"}, True),
        (429, {}, False),
        (200, {"Retry-After": "1"}, False),
    ],
)
def test_a_response_asks_again_by_its_status_or_with_retry_after(status: int, fields: Any, again: bool) -> None:
    assert attempts(Retry(1, status_forcelist=[503])).asks_again(response(status, **fields)) is again


def test_an_error_is_counted_until_the_attempts_are_used_up() -> None:
    tried = attempts(Retry(1))
    error = ProtocolError("broken")
    assert tried.after_error(error, None) is error
    assert tried.retries.total == 0
    with pytest.raises(MaxRetryError):
        tried.after_error(error, None)


def test_a_forwarding_proxy_that_cannot_be_reached_is_blamed() -> None:
    error = ConnectTimeoutError(None, "late")
    blamed = attempts(Retry(1), PROXY).after_error(error, None)
    assert isinstance(blamed, ProxyError) and blamed.__cause__ is error
    error.phase = "total"  # no fault of the proxy's
    assert attempts(Retry(1), PROXY).after_error(error, None) is error


def test_a_response_of_a_forwarding_proxy_that_makes_no_sense_is_a_proxy_error() -> None:
    with pytest.raises(ProxyError):
        attempts(Retry(0, read=False), PROXY).after_error(HeadError("nonsense"), None)


@pytest.mark.parametrize("raises", [True, False])
def test_where_attempts_are_used_up_the_response_is_the_result_or_an_error(raises: bool) -> None:
    policy = Retry(0, status_forcelist=[503])
    if raises:
        with pytest.raises(MaxRetryError):
            policy_after(response(503), policy, "GET", "/", None, raises=True)
    else:
        assert policy_after(response(503), policy, "GET", "/", None, raises=False) is None
    assert policy_after(response(503), Retry(2), "GET", "/", None, raises).total == 1


def test_a_body_that_cannot_be_read_twice_is_not_sent_twice() -> None:
    tried = attempts(Retry(1), body=iter([b"once"]))
    list(tried.body.pieces())
    with pytest.raises(UnrewindableBodyError):
        tried.body.rewind()


def test_the_program_is_told_of_each_attempt_that_failed() -> None:
    seen: list[Any] = []
    options = ExchangeOptions()
    options.trace, options.on_retry = (lambda event, info: seen.append((event, info))), seen.append
    tried = attempts(Retry(2), options=options)
    tried.after_error(ProtocolError("broken"), None)
    tried.announce(response(503), None)
    (failed, _), (retried, info), history = seen
    assert (failed, retried, info["reason"]) == ("request.failed", "request.retried", "status 503")
    assert history == tried.retries.history[-1]


def test_after_303_the_request_has_no_body_and_no_field_that_speaks_of_one() -> None:
    fields = {"Content-Type": "text/plain", "X-Kept": "1"}
    assert redirected(303, "POST", b"body", fields) == ("GET", None, {"X-Kept": "1"})
    assert redirected(307, "POST", b"body", fields) == ("POST", b"body", fields)


def test_a_pause_that_would_end_behind_the_deadline_names_it() -> None:
    late = too_late(None, "/", Deadline(5.0, 0.0))
    assert (late.phase, late.seconds) == ("total", 5.0)
    assert "total timeout=5.0" in str(late)
