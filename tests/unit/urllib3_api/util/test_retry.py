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
