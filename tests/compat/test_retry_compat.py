"""Our Retry beside the installed urllib3's: the same decisions, delays, errors and history.

Every constructor argument is tried at three values, alone and with every value of every other argument, against
each sequence of events below. A run is written down step by step by the same code for both; the two records must
be equal. What is meant to differ stands in DIFFERENCES, each with its reason and its proof.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
import warnings
from typing import Any, NamedTuple
from unittest import mock

import pytest

import httpcore_lite as client
from httpcore_lite.sansio import errors as our_errors
from httpcore_lite.urllib3_api.connectionpool import HTTPConnectionPool
from httpcore_lite.urllib3_api.util import retry as our_retries
from support.messages import response
from support.servers import EchoServer

urllib3_retry = pytest.importorskip("urllib3.util.retry")
urllib3_errors = pytest.importorskip("urllib3.exceptions")

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
SOON = "Fri, 15 Jan 2027 08:00:07 GMT"
LONG_AGO = "Fri, 15 Jan 2021 08:00:07 GMT"


class Library(NamedTuple):
    name: str
    retry: Any
    history: Any
    errors: Any


OURS = Library("ours", our_retries.Retry, our_retries.RequestHistory, our_errors)
THEIRS = Library("urllib3", urllib3_retry.Retry, urllib3_retry.RequestHistory, urllib3_errors)


class FakeResponse:
    """The part of a response that a policy looks at."""

    def __init__(self, status: int, headers: dict[str, str] | None = None, location: Any = False) -> None:
        self.status = status
        self.headers = headers or {}
        self._location = location

    def get_redirect_location(self) -> Any:
        return self._location


# -- events: a method and what ended the attempt ---------------------------------------------------------------

ERRORS: dict[str, Any] = {
    "connect timeout": lambda e: e.ConnectTimeoutError("slow"),
    "refused": lambda e: e.NewConnectionError("conn", "refused"),
    "no such host": lambda e: e.NameResolutionError("nowhere", "conn", OSError("unknown")),
    "proxy unreachable": lambda e: e.ProxyError("proxy", e.NewConnectionError("conn", "refused")),
    "proxy broke": lambda e: e.ProxyError("proxy", e.ProtocolError("gone")),
    "proxy, other": lambda e: e.ProxyError("proxy", OSError("403")),
    "read timeout": lambda e: e.ReadTimeoutError("pool", "/", "slow"),
    "broken": lambda e: e.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")),
    "tls": lambda e: e.SSLError("certificate"),
    "pool empty": lambda e: e.EmptyPoolError("pool", "empty"),
    "bad header": lambda e: e.InvalidHeader("bad"),
    "foreign": lambda e: ValueError("not of this tree"),
}
RESPONSES: dict[str, Any] = {
    "200": lambda: FakeResponse(200),
    "302": lambda: FakeResponse(302, location="/elsewhere"),
    "302 nowhere": lambda: FakeResponse(302, location=None),
    "429 in 3": lambda: FakeResponse(429, {"Retry-After": "3"}),
    "429 in 0": lambda: FakeResponse(429, {"Retry-After": " 0 "}),
    "429": lambda: FakeResponse(429),
    "500": lambda: FakeResponse(500),
    "503 at": lambda: FakeResponse(503, {"Retry-After": SOON}),
    "503 past": lambda: FakeResponse(503, {"Retry-After": LONG_AGO}),
    "413 in years": lambda: FakeResponse(413, {"Retry-After": "99999999"}),
    "503 nonsense": lambda: FakeResponse(503, {"Retry-After": "soon"}),
    "302 in 9": lambda: FakeResponse(302, {"Retry-After": "9"}, location="/later"),
    "no status": lambda: FakeResponse(0),
    "nothing": lambda: None,
}
SEQUENCES = [
    ["GET connect timeout", "GET refused", "GET no such host", "GET refused"],
    ["POST refused", "POST proxy unreachable", "POST read timeout"],
    ["GET read timeout", "get broken", "PUT broken", "GET proxy broke"],
    ["PATCH broken"],
    ["GET tls", "POST pool empty", "GET bad header", "GET foreign", "GET proxy, other"],
    ["GET 302", "GET 302", "GET 302", "GET 302"],
    ["GET 500", "GET 500", "POST 500", "GET 500"],
    ["GET 429 in 3", "GET 503 at", "GET 413 in years", "POST 429 in 3"],
    ["GET 503 past", "GET 429 in 0", "GET 503 nonsense", "GET 429"],
    ["GET refused", "GET broken", "GET 302 in 9", "GET 429", "GET tls", "GET 302"],
    ["GET no status", "GET nothing", "GET 200", "GET 302 nowhere"],
    [" read timeout"],
]

# -- arguments: three values each; a value that needs a library's own class is a function of the library --------


def _history(*locations: Any) -> Any:
    return lambda lib: tuple(lib.history("GET", "/", None, 302 if at else 500, at) for at in locations)


ARGUMENTS: dict[str, tuple[Any, Any, Any]] = {
    "total": (False, 1, None),
    "connect": (0, 1, False),
    "read": (0, 2, False),
    "redirect": (0, 1, False),
    "status": (0, 1, 3),
    "other": (0, 1, 3),
    "allowed_methods": (None, frozenset({"POST", "PATCH"}), ["GET"]),
    "status_forcelist": ({500, 503}, [429], range(400, 600)),
    "backoff_factor": (0.1, 1, -1),
    "backoff_max": (0.15, 3, 0),
    "raise_on_redirect": (False, True, 0),
    "raise_on_status": (False, True, 0),
    "history": (_history(), _history(None, None, None), _history(None, "/there", None)),
    "respect_retry_after_header": (False, True, 0),
    "remove_headers_on_redirect": ((), ["X-Secret"], frozenset({"COOKIE"})),
    "backoff_jitter": (0.0, 0.5, 100),
    "retry_after_max": (2, 5, 10**9),
}


def _configurations() -> list[dict[str, Any]]:
    single = [{name: value} for name, values in ARGUMENTS.items() for value in values]
    pairs = [
        {one: first, other: second}
        for one, other in itertools.combinations(ARGUMENTS, 2)
        for first in ARGUMENTS[one]
        for second in ARGUMENTS[other]
    ]
    return [{}, *single, *pairs]


# -- one run ---------------------------------------------------------------------------------------------------


def _described(error: BaseException | None) -> Any:
    if error is None:
        return None
    return type(error).__name__, str(error), _described(getattr(error, "reason", None)), type(error.__cause__).__name__


def _state(retry: Any) -> Any:
    attributes = {k: v for k, v in vars(retry).items() if k != "history"}
    history = [(*entry[:2], _described(entry.error), *entry[3:]) for entry in retry.history]
    return attributes, history, repr(retry), retry.is_exhausted(), retry.get_backoff_time()


def _slept(retry: Any, response: Any) -> Any:
    naps: list[float] = []
    with mock.patch.object(time, "sleep", naps.append):
        try:
            retry.sleep(response)
        except Exception as error:  # whatever it is, both must raise it
            return _described(error)
    return naps


def _record(library: Library, arguments: dict[str, Any], sequence: list[str]) -> list[Any]:
    made = {k: v(library) if callable(v) and k == "history" else v for k, v in arguments.items()}
    retry = library.retry(**made)
    steps: list[Any] = [_state(retry)]
    for event in sequence:
        method, _, what = event.partition(" ")
        error = ERRORS[what](library.errors) if what in ERRORS else None
        response = RESPONSES[what]() if error is None else None
        if response is not None:
            steps.append(retry.is_retry(method, response.status, "Retry-After" in response.headers))
        try:
            retry = retry.increment(method or None, "/", response=response, error=error, _pool="pool")
        except Exception as stop:
            steps.append(_described(stop))
            steps.append(stop is error)
            break
        steps.append(_state(retry))
        steps.append(_slept(retry, response))
    return steps


@pytest.fixture
def still_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(random, "random", lambda: 0.5)


@pytest.mark.usefixtures("still_time")
@pytest.mark.parametrize("sequence", SEQUENCES, ids=" > ".join)
def test_every_argument_and_every_pair_of_them_decides_as_urllib3(sequence: list[str]) -> None:
    for arguments in _configurations():
        assert _record(OURS, arguments, sequence) == _record(THEIRS, arguments, sequence), arguments


def test_the_constructors_take_the_same_arguments_in_the_same_order_with_the_same_defaults() -> None:
    import inspect

    ours = [
        p for p in inspect.signature(OURS.retry).parameters.values() if p.name not in ("method_whitelist", "unknown")
    ]
    theirs = list(inspect.signature(THEIRS.retry).parameters.values())
    assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in theirs]


def test_every_public_member_of_urllib3s_class_is_there_with_its_value_or_signature() -> None:
    import inspect

    for name in dir(THEIRS.retry):
        if name.startswith("__") or name == "DEFAULT":
            continue
        theirs, ours = getattr(THEIRS.retry, name), getattr(OURS.retry, name)
        if callable(theirs):
            theirs_parameters = inspect.signature(theirs).parameters
            assert list(inspect.signature(ours).parameters)[: len(theirs_parameters)] == list(theirs_parameters), name
        else:
            assert ours == theirs, name
    assert OURS.retry.DEFAULT.total == THEIRS.retry.DEFAULT.total
    assert OURS.history._fields == THEIRS.history._fields


@pytest.mark.parametrize("retries", [None, 0, 1, True, False])
@pytest.mark.parametrize("redirect", [None, True, False, 0, 3])
@pytest.mark.parametrize("default", [None, 5, False])
def test_from_int_reads_old_style_values_as_urllib3(retries: Any, redirect: Any, default: Any) -> None:
    ours, theirs = (lib.retry.from_int(retries, redirect=redirect, default=default) for lib in (OURS, THEIRS))
    if not hasattr(theirs, "increment"):
        assert ours == theirs
    else:
        assert _state(ours) == _state(theirs)


@pytest.mark.usefixtures("still_time")
@pytest.mark.parametrize(
    "value",
    [
        *("0", "7", " 12 ", "007", "7\n", "1.5", "-1", "+1", "", " ", "7 seconds", "0x10", "٣", "1e3", "21601"),
        *(SOON, LONG_AGO, "Friday, 15-Jan-27 08:00:09 GMT", "Fri Jan 15 08:00:09 2027", "15 Jan 2027 08:00:30 +0000"),
        *("Fri, 15 Jan 2027 08:00:05 -0001", "2027-01-15T08:00:00Z", "Fri, 15 Foo 2027 08:00:07 GMT", "now", "Fri,"),
    ],
)
def test_retry_after_is_read_as_urllib3_reads_it(value: str) -> None:
    def read(library: Library) -> Any:
        try:
            return library.retry().parse_retry_after(value)
        except Exception as error:
            return _described(error)

    assert read(OURS) == read(THEIRS)


@pytest.mark.parametrize("empty", [(), [], set(), frozenset(), None, False])
def test_an_empty_collection_of_methods_warns_where_urllib3_warns(empty: Any) -> None:
    seen = []
    for library in (OURS, THEIRS):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            retry = library.retry(allowed_methods=empty)
        seen.append(([(w.category, w.filename) for w in caught], retry.is_retry("PATCH", 500), retry.allowed_methods))
    assert seen[0] == seen[1]


def test_a_subclass_with_an_own_argument_keeps_it_through_new_as_in_urllib3() -> None:
    for library in (OURS, THEIRS):

        class Loud(library.retry):  # type: ignore[misc, name-defined]
            def __init__(self, *args: Any, volume: int = 0, **kw: Any) -> None:
                self.volume = volume
                super().__init__(*args, **kw)

            def new(self, **kw: Any) -> Any:
                return super().new(volume=self.volume, **kw)

        after = Loud(3, volume=11).increment("GET", "/", error=library.errors.ProtocolError("x"))
        assert (type(after), after.volume, after.total) == (Loud, 11, 2)


# -- deliberate differences ------------------------------------------------------------------------------------


def _old_name_of_allowed_methods() -> None:
    with pytest.warns(DeprecationWarning, match="allowed_methods"):
        assert OURS.retry(method_whitelist=["POST"]).allowed_methods == ["POST"]
    with pytest.raises(TypeError):
        THEIRS.retry(method_whitelist=["POST"])


def _write_timeout() -> None:
    timeout = our_errors.WriteTimeoutError("pool", "/", "slow")
    assert OURS.retry(read=3).increment("PUT", "/", error=timeout).read == 2
    assert not hasattr(urllib3_errors, "WriteTimeoutError")


def _incomplete_read() -> None:
    assert OURS.retry(read=3).increment("GET", "/", error=our_errors.IncompleteRead(1, 2)).read == 2
    assert THEIRS.retry(read=3).increment("GET", "/", error=urllib3_errors.IncompleteRead(1, 2)).read == 3


def _date_beyond_the_calendar() -> None:
    value = "Fri, 15 Jan 99999 08:00:00 GMT"
    with pytest.raises(our_errors.InvalidHeader):
        OURS.retry().parse_retry_after(value)
    with pytest.raises((ValueError, OverflowError)):
        THEIRS.retry().parse_retry_after(value)


def _number_beyond_reading() -> None:
    assert OURS.retry().parse_retry_after("9" * 5000) == OURS.retry.DEFAULT_RETRY_AFTER_MAX
    if sys.version_info >= (3, 11):
        with pytest.raises(ValueError, match="digits"):
            THEIRS.retry().parse_retry_after("9" * 5000)


def _endless_doubling() -> None:
    after = {lib.name: lib.retry(backoff_factor=0.5, history=_history(*[None] * 2000)(lib)) for lib in (OURS, THEIRS)}
    assert after["ours"].get_backoff_time() == 120
    with pytest.raises(OverflowError):
        after["urllib3"].get_backoff_time()


def _foreign_policies() -> None:
    ours, theirs = OURS.retry(2), THEIRS.retry(2)
    assert OURS.retry.from_int(theirs) is theirs
    assert THEIRS.retry.from_int(ours).total is ours  # taken for a number, which is why packages/ converts


DIFFERENCES = {
    "method_whitelist is accepted, with a warning: old programs still use it": _old_name_of_allowed_methods,
    "a write that times out is a read error: urllib3 has no such error, a PUT may have arrived": _write_timeout,
    "our IncompleteRead is a ProtocolError, hence a read error": _incomplete_read,
    "a date that no calendar knows is an InvalidHeader, not a ValueError from below": _date_beyond_the_calendar,
    "a number too long to read is capped, not a ValueError from below": _number_beyond_reading,
    "after a thousand failures the wait is backoff_max, not an OverflowError": _endless_doubling,
    "from_int passes a policy of the other library through": _foreign_policies,
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_deliberate_difference(difference: str) -> None:
    DIFFERENCES[difference]()


# -- a deadline --------------------------------------------------------------------------------------------------------


class Subclass(urllib3_retry.Retry):  # type: ignore[misc]
    """One as programs write it: notes that it sleeps, and does."""

    def sleep(self, response: Any = None) -> None:
        super().sleep(response)


class Capped(urllib3_retry.Retry):  # type: ignore[misc]
    def get_retry_after(self, response: Any) -> Any:
        return min(super().get_retry_after(response) or 0, 0.01)


class OurSubclass(our_retries.Retry):
    def sleep(self, response: Any = None) -> None:
        super().sleep(response)


RETRIES = [urllib3_retry.Retry, Subclass, our_retries.Retry, OurSubclass]
SLOW = [
    ({"status_forcelist": [503]}, [("Retry-After", "100")]),
    ({"status_forcelist": [503]}, [("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT")]),
    ({"status_forcelist": [503], "backoff_factor": 50}, []),
]


@pytest.mark.parametrize("how", ["adapter", "retries="])
@pytest.mark.parametrize("cls", RETRIES)
@pytest.mark.parametrize(("settings", "fields"), SLOW)
def test_no_policy_sleeps_past_the_deadline(
    cls: Any, settings: dict[str, Any], fields: list[tuple[str, str]], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    with EchoServer(lambda request: response("", 503, "Busy", fields)) as server, client.Session() as session:
        options = {}
        if how == "adapter":
            session.mount("http://", client.adapters.HTTPAdapter(max_retries=cls(3, **settings)))
        else:
            options["retries"] = cls(3, **settings)
        with pytest.raises(client.Timeout, match="total timeout=5"):
            session.get(server.url("/"), timeout=client.Timeouts(total=5), **options)
        assert not any(nap > 5 for nap in naps)
        assert session.get_adapter("http://").pool.stats().open <= 1
        assert session.get(server.url("/"), retries=False, timeout=5).status_code == 503


@pytest.mark.parametrize("cls", [urllib3_retry.Retry, Subclass, Capped])
def test_a_pause_that_fits_is_slept_as_urllib3_sleeps_it(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    responses = iter([response("", 503, "Busy", [("Retry-After", "7")]), response("ok")] * 2)
    with EchoServer(lambda request: next(responses)) as server, client.Session() as session:
        session.mount("http://", client.adapters.HTTPAdapter(max_retries=cls(3)))
        for limits in (client.Timeouts(total=50), client.Timeouts()):
            assert session.get(server.url("/"), timeout=limits).text == "ok"
    assert [nap for nap in naps if nap >= 0.005] == [0.01 if cls is Capped else 7] * 2


@pytest.mark.parametrize("cls", [urllib3_retry.Retry, our_retries.Retry])
def test_a_pool_that_follows_redirects_does_not_sleep_past_the_deadline_either(
    cls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    moved = response("", 302, "Found", [("Location", "/there"), ("Retry-After", "100")])
    with EchoServer(lambda request: response("ok") if request.target == "/there" else moved) as server:
        pool = HTTPConnectionPool("127.0.0.1", server.port)
        with pytest.raises(our_errors.ReadTimeoutError, match="total timeout=5"):
            pool.urlopen("GET", "/", retries=cls(3), timeout=client.Timeouts(total=5))
        assert not any(nap > 5 for nap in naps)
        assert pool.urlopen("GET", "/there", timeout=5).data == b"ok"
        assert pool.urlopen("GET", "/", retries=cls(3), timeout=client.Timeouts(total=500)).data == b"ok"


@pytest.mark.parametrize("cls", [urllib3_retry.Retry, our_retries.Retry])
def test_without_raise_on_status_the_last_response_is_the_result_and_its_connection_serves_on(cls: Any) -> None:
    policy = cls(2, status_forcelist=[500], raise_on_status=False)
    with EchoServer(lambda request: response("busy", 500)) as server, client.Session() as session:
        session.mount("http://", client.adapters.HTTPAdapter(max_retries=policy))
        assert session.get(server.url("/"), timeout=5).text == "busy"
        assert (len(server.requests), server.connections) == (3, 1)
        session.mount("http://", client.adapters.HTTPAdapter(max_retries=cls(1, status_forcelist=[500])))
        with pytest.raises(client.exceptions.RetryError):
            session.get(server.url("/"), timeout=5)
        assert session.get_adapter("http://").pool.stats().idle == 1
