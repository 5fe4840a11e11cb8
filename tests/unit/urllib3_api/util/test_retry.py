"""`Retry`: the policy that programs hold, with its clock, its sleep and its chance."""

from __future__ import annotations

import copy
import pickle
import random
import subprocess
import sys
import time
from typing import Any

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.urllib3_api.util import retry
from httpcore_lite.urllib3_api.util.retry import RequestHistory, Retry


class FakeResponse:
    def __init__(self, status: int, retry_after: str | None = None, location: str | None = None) -> None:
        self.status = status
        self.headers = {} if retry_after is None else {"Retry-After": retry_after}
        self.location = location

    def get_redirect_location(self) -> str | None:
        return self.location


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleep without sleeping."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


REFUSED = errors.NewConnectionError(None, "refused")
BROKEN = errors.ProtocolError("broken")


def test_each_attempt_gives_a_new_policy_and_leaves_the_old_one_alone() -> None:
    first = Retry(3)
    second = first.increment("GET", "/", error=REFUSED)
    assert (first.total, second.total) == (3, 2)
    assert (first.history, len(second.history)) == ((), 1)


def test_the_history_tells_method_url_error_status_and_redirect_of_every_attempt() -> None:
    policy = Retry(5).increment("GET", "/a", error=REFUSED)
    policy = policy.increment("GET", "/a", response=FakeResponse(503)).increment(
        "GET", "/a", response=FakeResponse(302, None, "/b")
    )
    assert policy.history == (
        RequestHistory("GET", "/a", REFUSED, None, None),
        RequestHistory("GET", "/a", None, 503, None),
        RequestHistory("GET", "/a", None, 302, "/b"),
    )
    assert policy.history[2].redirect_location == "/b"


def test_the_last_error_is_the_reason_and_the_cause_of_what_is_raised() -> None:
    with pytest.raises(errors.MaxRetryError) as caught:
        Retry(0).increment("GET", "/a", error=REFUSED, _pool="pool")
    assert caught.value.reason is REFUSED
    assert caught.value.__cause__ is REFUSED
    assert (caught.value.pool, caught.value.url) == ("pool", "/a")


@pytest.mark.parametrize(
    ("response", "words"),
    [(FakeResponse(503), "too many 503 error responses"), (FakeResponse(302, None, "/b"), "too many redirects")],
)
def test_responses_that_use_up_the_attempts_are_named_in_the_error(response: FakeResponse, words: str) -> None:
    with pytest.raises(errors.MaxRetryError, match=words) as caught:
        Retry(0).increment("GET", "/", response=response)
    assert isinstance(caught.value.reason, errors.ResponseError)


def test_a_post_that_may_have_arrived_is_not_repeated_and_its_own_error_is_raised() -> None:
    with pytest.raises(errors.ProtocolError) as caught:
        Retry(5).increment("POST", "/", error=BROKEN)
    assert caught.value is BROKEN
    assert Retry(5).increment("POST", "/", error=REFUSED).total == 4


def test_total_false_raises_the_error_itself_with_the_traceback_handed_in() -> None:
    try:
        raise ValueError("first")
    except ValueError as error:
        trace, original = error.__traceback__, error
    with pytest.raises(ValueError, match="first") as caught:
        Retry(False).increment("GET", "/", error=original, _stacktrace=trace)
    innermost = caught.value.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    assert innermost is trace


def test_total_false_and_redirect_false_mean_that_redirects_are_responses() -> None:
    for policy in (Retry(False), Retry(redirect=False)):
        assert (policy.redirect, policy.raise_on_redirect) == (0, False)


def test_retry_after_counts_only_with_its_statuses_its_switch_and_attempts_left() -> None:
    assert Retry(1).is_retry("GET", 429, has_retry_after=True)
    assert not Retry(1).is_retry("GET", 429)
    assert not Retry(0).is_retry("GET", 429, has_retry_after=True)
    assert not Retry(1, respect_retry_after_header=False).is_retry("GET", 429, has_retry_after=True)
    assert not Retry(1).is_retry("POST", 429, has_retry_after=True)
    assert Retry(1, allowed_methods=None).is_retry("POST", 429, has_retry_after=True)


def test_sleep_takes_retry_after_first_and_backoff_otherwise(naps: list[float]) -> None:
    policy = Retry(5, backoff_factor=1).increment("GET", "/", error=REFUSED).increment("GET", "/", error=REFUSED)
    policy.sleep(FakeResponse(503, retry_after="7"))
    policy.sleep(FakeResponse(503, retry_after="0"))
    policy.sleep()
    assert naps == [7, 2, 2]


def test_a_date_in_retry_after_is_measured_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 784111740.0)
    assert Retry().get_retry_after(FakeResponse(503, "Sun, 06 Nov 1994 08:49:37 GMT")) == 37


def test_jitter_is_drawn_from_chance_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.5)
    entry = RequestHistory("GET", "/", REFUSED, None, None)
    assert Retry(backoff_factor=1, backoff_jitter=3, history=(entry, entry)).get_backoff_time() == 3.5
    assert Retry(backoff_factor=1, history=(entry, entry)).get_backoff_time() == 2


def test_a_wait_that_would_pass_the_deadline_is_not_begun(naps: list[float]) -> None:
    response = FakeResponse(503, retry_after="7")
    assert not Retry().sleep_within(7, response)
    assert naps == []
    assert Retry().sleep_within(7.5, response)
    assert Retry().sleep_within(None, response)
    assert Retry().sleep_within(0.1)
    assert naps == [7, 7]


@pytest.mark.parametrize("name", ["sleep", "sleep_for_retry", "_sleep_backoff"])
def test_a_subclass_that_sleeps_in_its_own_way_is_called_to_do_so(name: str, naps: list[float]) -> None:
    called = []
    own: Any = type("Own", (Retry,), {name: lambda self, response=None: called.append(name)})
    assert own().sleep_within(0.1, FakeResponse(503, retry_after="0"))
    assert called == [name]


def test_overridden_judgement_of_errors_and_methods_is_asked() -> None:
    class Mine(Retry):
        def _is_connection_error(self, err: BaseException) -> bool:
            return isinstance(err, KeyError)

        def _is_method_retryable(self, method: str) -> bool:
            return True

    assert Mine(connect=3).increment("GET", "/", error=KeyError()).connect == 2
    assert Mine(read=3).increment("POST", "/", error=BROKEN).read == 2


def test_the_old_name_of_allowed_methods_works_and_warns_where_it_is_written() -> None:
    with pytest.warns(DeprecationWarning, match="allowed_methods") as caught:
        policy = Retry(method_whitelist=frozenset({"POST"}))
    assert caught[0].filename == __file__
    assert policy.is_retry("POST", 500) is False
    assert policy.allowed_methods == {"POST"}
    with pytest.warns(DeprecationWarning, match="allowed_methods"):
        assert Retry(method_whitelist=False).allowed_methods is None  # type: ignore[arg-type]


def test_both_names_of_allowed_methods_at_once_are_refused_unless_they_agree() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        Retry(method_whitelist=["POST"], allowed_methods=["GET"])
    with pytest.warns(DeprecationWarning, match="allowed_methods"):
        Retry(method_whitelist=["POST"], allowed_methods=["POST"])


def test_a_subclass_that_still_says_method_whitelist_survives_new() -> None:
    class Old(Retry):
        def __init__(self, *args: Any, **kw: Any) -> None:
            kw["method_whitelist"] = frozenset({"POST"})
            super().__init__(*args, **kw)

    with pytest.warns(DeprecationWarning, match="allowed_methods"):
        assert Old(2).increment("GET", "/", error=REFUSED).allowed_methods == {"POST"}


def test_from_int_passes_policies_through_and_makes_one_of_a_number() -> None:
    policy = Retry(4)
    assert Retry.from_int(policy) is policy
    assert Retry.from_int(None, default=policy) is policy
    assert Retry.from_int(None) is Retry.DEFAULT
    assert Retry.from_int(2).total == 2
    assert Retry.from_int(2, redirect=False).raise_on_redirect is False

    class Foreign:
        def increment(self) -> None: ...

    foreign: Any = Foreign()
    assert Retry.from_int(foreign) is foreign


def test_policies_can_be_pickled_copied_and_printed() -> None:
    policy = Retry(3, status_forcelist=[500], backoff_factor=0.5).increment("GET", "/", error=BROKEN)
    for twin in (pickle.loads(pickle.dumps(policy)), copy.deepcopy(policy), copy.copy(policy)):
        assert vars(twin).keys() == vars(policy).keys()
        assert (twin.total, twin.status_forcelist, twin.history[0].url) == (2, [500], "/")
        assert isinstance(twin.history[0].error, errors.ProtocolError)
    assert repr(policy) == "Retry(total=2, connect=None, read=None, redirect=None, status=None)"


def test_loading_it_loads_nothing_heavy() -> None:
    heavy = ("random", "email", "logging", "typing", "socket", "ssl", "datetime", "inspect")
    code = (
        "import sys; before = set(sys.modules); import httpcore_lite.urllib3_api.util.retry;"
        f"print(sorted((set(sys.modules) - before) & set({heavy!r})))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert done.stdout.strip() == "[]"


# -- again or stop, and after how long: nothing here sleeps -------------------------------------------------------

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


@pytest.mark.parametrize("status", [413, 429, 503])
def test_retry_after_speaks_of_a_retry_with_three_statuses(status: int) -> None:
    assert Retry().is_retry("GET", status, has_retry_after=True)
    assert not Retry(0).is_retry("GET", status, has_retry_after=True)


def test_credentials_and_cookies_are_kept_from_other_hosts() -> None:
    assert Retry().remove_headers_on_redirect == {"authorization", "cookie", "proxy-authorization"}


def test_a_misspelt_argument_is_refused_with_the_one_that_may_be_meant() -> None:
    mistake: dict[str, Any] = {"retry_after_maximum": 1}
    with pytest.raises(TypeError, match=r"Retry\(\) got .* 'retry_after_maximum'. Did you mean 'retry_after_max'"):
        Retry(**mistake)


def test_an_empty_collection_of_methods_warns_that_it_will_mean_none(recwarn: pytest.WarningsRecorder) -> None:
    Retry(allowed_methods=None)
    assert not recwarn
    with pytest.warns(FutureWarning, match="Say Retry"):
        Retry(allowed_methods=[])


class Foreign:
    """A policy of no known class: how it sleeps is its own affair."""

    respect_retry_after_header = True

    def __init__(self) -> None:
        self.slept = 0

    def get_backoff_time(self) -> float:
        return 5

    def sleep(self, response: object = None) -> None:
        self.slept += 1


@pytest.mark.parametrize(("left", "sleeps"), [(None, True), (6, True), (5, False)])
def test_a_policy_of_another_class_sleeps_itself_if_the_deadline_allows_it(left: float | None, sleeps: bool) -> None:
    policy = Foreign()
    assert retry.sleep_within(policy, left, None) is sleeps
    assert policy.slept == sleeps


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
