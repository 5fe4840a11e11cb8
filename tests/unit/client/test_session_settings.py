"""What a Session is told once: each keyword, what it takes, and that nothing else writes it."""

from __future__ import annotations

import copy
import inspect
import pickle
from http.cookiejar import CookieJar, LWPCookieJar
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.client.options import OPTIONS, SESSION_NAMES
from httpcore_lite.hooks import SessionHooks


def keep(response: client.Response, **kwargs: object) -> None:
    """A hook that can be pickled."""


JAR = CookieJar()
GIVEN: dict[str, Any] = {
    "base_url": "https://h/api",
    "raise_for_status": True,
    "headers": {"X-Own": "1", "User-Agent": None},
    "params": {"key": "1"},
    "auth": ("user", "hush"),
    "cookies": {"a": "b"},
    "hooks": {"response": keep},
    "verify": "/some/bundle.pem",
    "cert": ("/a.pem", "/a.key"),
    "stream": True,
    "max_redirects": 3,
    "trust_env": False,
}
DEFAULTS = {
    "base_url": None, "raise_for_status": False, "headers": None, "params": None, "auth": None, "cookies": None,
    "hooks": None, "verify": True, "cert": None, "stream": False, "max_redirects": 30, "trust_env": True,
}  # fmt: skip


def shown(session: client.Session) -> dict[str, Any]:
    """All that a session was told, in values that can be compared."""
    names = ("params", "auth", "hooks", "verify", "cert", "stream", "max_redirects", "trust_env", "proxies")
    told = session._told_once
    return {
        **{name: getattr(session, name) for name in names},
        "headers": dict(session.headers),
        "cookies": dict(session.cookies),
        "told": None if told is None else told.given,
        "timeout": session.timeout,
    }


def test_every_keyword_has_a_row_here_and_in_the_table() -> None:
    assert set(GIVEN) == set(DEFAULTS) == set(SESSION_NAMES)
    assert not set(SESSION_NAMES) & set(OPTIONS)


@pytest.mark.parametrize("make", [client.Session, client.session, client.sessions.session])
def test_what_is_told_is_what_the_attributes_say(make: Any) -> None:
    session = make(**GIVEN, timeout=4, proxies={"http": "http://p:1"})
    found = shown(session)
    assert found == {
        "params": {"key": "1"}, "auth": ("user", "hush"), "hooks": {"response": [keep]}, "verify": "/some/bundle.pem",
        "cert": ("/a.pem", "/a.key"), "stream": True, "max_redirects": 3, "trust_env": False,
        "proxies": {"http": "http://p:1"}, "cookies": {"a": "b"}, "timeout": 4,
        "told": {"base_url": "https://h/api", "raise_for_status": True},
        "headers": {**{k: v for k, v in client.Session().headers.items() if k != "User-Agent"}, "X-Own": "1"},
    }  # fmt: skip
    assert isinstance(session.cookies, client.cookies.RequestsCookieJar)


@pytest.mark.parametrize("given", [DEFAULTS, dict.fromkeys(DEFAULTS)])
def test_the_defaults_are_as_nothing_told(given: dict[str, Any]) -> None:
    assert shown(client.Session(**given)) == shown(client.Session())


def test_the_jar_that_is_given_is_the_jar_of_the_session() -> None:
    for jar in (JAR, LWPCookieJar(), client.cookies.RequestsCookieJar()):
        assert client.Session(cookies=jar).cookies is jar


def test_the_mapping_of_headers_stays_as_it_is_and_names_go_in_any_case() -> None:
    given = {"user-agent": "mine/1", "ACCEPT": None}
    session = client.Session(headers=given)
    assert session.headers["User-Agent"] == "mine/1" and "Accept" not in session.headers
    session.headers["X"] = "1"
    assert given == {"user-agent": "mine/1", "ACCEPT": None}


REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("base_url", 5, TypeError, "base_url= takes a URL, not 5"),
    ("base_url", "api", ValueError, "base_url= takes a scheme, a host"),
    ("base_url", "https://h/?a", ValueError, "no query and no fragment"),
    ("raise_for_status", "yes", TypeError, "raise_for_status= takes True or False, not 'yes'"),
    ("raise_for_status", 1, TypeError, "takes True or False"),
    ("headers", "X: 1", TypeError, "headers= takes a mapping of names to values, not a str"),
    ("headers", {1: "a"}, TypeError, "the name of a header is an int: it must be text"),
    ("params", "a=1", TypeError, "params= of a Session takes a mapping of names to values, not a str"),
    ("params", [("a", "1")], TypeError, "takes a mapping of names to values, not a list"),
    ("auth", ("a", "hush", "b"), TypeError, r"auth= takes \(user, password\), or something that can be called"),
    ("auth", "hush", TypeError, "not a str"),
    ("cookies", "a=hush", TypeError, "cookies= takes a mapping or a CookieJar, not a str"),
    ("hooks", print, TypeError, "hooks= takes a mapping of events to functions, not a builtin_function_or_method"),
    ("hooks", {"respnse": print}, ValueError, "are: args, post_request, pre_request, response$"),
    ("hooks", {"args": 5}, TypeError, "a hook for 'args' is a function, or a list of them, not 5"),
    ("stream", "no", TypeError, "stream= takes True or False, not 'no'"),
    ("max_redirects", -1, TypeError, "max_redirects= takes a number of redirects, at least 0, not -1"),
    ("max_redirects", "3", TypeError, "not '3'"),
    ("max_redirects", True, TypeError, "not True"),
    ("trust_env", "false", TypeError, "trust_env= takes True or False, not 'false'"),
    ("bas_url", "https://h", TypeError, "has no option 'bas_url'. Did you mean 'base_url'?"),
    ("raise_on_status", True, TypeError, "Did you mean 'raise_for_status'?"),
]


@pytest.mark.parametrize(("name", "value", "kind", "words"), REFUSED)
def test_what_makes_no_sense_is_refused_by_the_constructor(name: str, value: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        client.Session(**{name: value})
    assert "hush" not in str(caught.value)


def test_verify_and_cert_are_judged_when_they_are_used() -> None:
    session = client.Session(verify="/no/such/file.pem", cert="/no/such/cert.pem")
    with pytest.raises(OSError, match=r"/no/such/file\.pem"):
        session.get("https://127.0.0.1:9/")


@pytest.mark.parametrize("name", ["base_url", "max_connections"])
def test_what_is_of_a_session_is_no_option_of_a_request(name: str) -> None:
    with pytest.raises(TypeError, match=rf"'{name}' is an option of Session\(\.\.\.\)"):
        client.get("http://127.0.0.1:9/", **{name: "https://h"})  # type: ignore[arg-type]


# -- copied, pickled -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda session: pickle.loads(pickle.dumps(session))])
@pytest.mark.parametrize("twice", [False, True])
def test_copies_and_pickles_keep_all(again: Any, twice: bool) -> None:
    session = client.Session(**GIVEN, timeout=4, retries=2)
    copied = again(again(session)) if twice else again(session)
    assert shown(copied) == shown(session)
    assert copied.hooks["pre_request"] == [], "the hooks are those of a Session, too"
    assert copied._exchange.retries.total == 2
    assert shown(pickle.loads(pickle.dumps(client.Session()))) == shown(client.Session())


@pytest.mark.parametrize("slot", [{}, {"_told_once": {}}, {"_told_once": {"base_url": "https://h", "later": 5}}])
def test_pickles_of_other_versions_are_read(slot: dict[str, Any]) -> None:
    state = client.Session().__getstate__()
    session = client.Session.__new__(client.Session)
    session.__setstate__({**state, **slot})
    told = session._told_once
    assert (told.base_url if told else None) == slot.get("_told_once", {}).get("base_url")


# -- names that programs have for other things ---------------------------------------------------------------------

NAMES = ["base_url", "raise_for_status", "timeout"]
#: Of later issues, and of options that have no attribute.
NAMES += ["rate_limit", "retries", "trace", "max_connections", "_base_url", "on_retry", "resolver"]


def method(self: object, response: object = None) -> str:
    return "the program's own"


VALUES: dict[str, Any] = {"a method": method, "a number": 1, "a text": "https://elsewhere.example/x/", "true": True}


def answered(session: client.Session) -> tuple[str, int, Any]:
    """What a request of this session is, and what becomes of an error status; over an adapter of a test."""
    seen: list[Any] = []

    class Adapter(client.adapters.BaseAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> client.Response:
            seen.append((request.url, kwargs["timeout"]))
            response = client.Response()
            response.status_code, response.request, response.url, response._content = 404, request, request.url, b""
            return response

        def close(self) -> None: ...

    session.mount("http://", Adapter())
    status = session.get("http://h/x").status_code
    return seen[0][0], status, seen[0][1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", VALUES)
@pytest.mark.parametrize("where", ["class", "before", "after"])
def test_a_name_of_a_subclass_never_changes_behaviour(name: str, what: str, where: str) -> None:
    value = VALUES[what]
    if name == "timeout" and where != "class":
        pytest.skip("session.timeout = ... is how the default of a session is changed")

    class Own(client.Session):
        def __init__(self) -> None:
            if where == "before":
                setattr(self, name, value)
            super().__init__()
            if where == "after":
                setattr(self, name, value)

    if where == "class":
        setattr(Own, name, value)
    session = Own()
    assert answered(session) == ("http://h/x", 404, None)
    found = inspect.getattr_static(session, name)
    assert found == value, "and the program's own is what it finds there"
    again = copy.copy(session)
    assert again._told_once is None and answered(again) == ("http://h/x", 404, None)


@pytest.mark.parametrize("name", ["base_url", "raise_for_status", "timeout"])
def test_what_the_constructor_is_told_counts_beside_a_subclass_with_that_name(name: str) -> None:
    class Own(client.Session):
        pass

    if name != "timeout":
        setattr(Own, name, method)
    session = Own(base_url="http://h/api", raise_for_status=True, timeout=3)
    with pytest.raises(client.HTTPError) as caught:
        answered(session)
    assert caught.value.response.url == "http://h/x"
    with pytest.raises(client.HTTPError) as caught:
        session.get("items")
    assert caught.value.response.url == "http://h/api/items"
    if name != "timeout":
        assert getattr(session, name)() == "the program's own"


def test_a_read_only_property_of_a_subclass_is_no_error() -> None:
    class Own(client.Session):
        base_url = property(lambda self: "https://own/")
        raise_for_status = property(lambda self: True)
        timeout = property(lambda self: 5)  # type: ignore[assignment]

    session = Own()
    assert (session.base_url, session.timeout) == ("https://own/", 5)
    assert answered(session) == ("http://h/x", 404, None)
    assert answered(pickle.loads(pickle.dumps(client.Session()))) == ("http://h/x", 404, None)


def test_a_bare_redirect_mixin_is_told_nothing() -> None:
    class Bare(client.sessions.SessionRedirectMixin):
        base_url, raise_for_status, max_redirects, trust_env = "https://h/api", True, 30, False
        cookies = client.cookies.RequestsCookieJar()  # type: ignore[assignment]
        sent: list[str | None] = []

        def send(self, request: client.PreparedRequest, **kwargs: object) -> client.Response:
            self.sent.append(request.url)
            response = client.Response()
            response.status_code, response.request, response.url, response._content = 404, request, "", b""
            return response

    first = client.Response()
    first.status_code, first.headers, first._content = 302, client.structures.CaseInsensitiveDict(location="/y"), b""
    first.request = client.Request("GET", "http://h/x").prepare()
    first.url = "http://h/x"
    bare = Bare()
    assert [response.status_code for response in bare.resolve_redirects(first, first.request)] == [404]
    assert bare.sent == ["http://h/y"]


def test_the_hooks_of_a_session_are_a_dict() -> None:
    hooks = client.Session().hooks
    assert hooks == {"response": []} and isinstance(hooks, dict)
    assert repr(hooks) == "{'response': []}"
    for copied in (hooks.copy(), copy.copy(hooks), copy.deepcopy(hooks), pickle.loads(pickle.dumps(hooks))):
        assert type(copied) is dict and copied == hooks
    assert "args" not in hooks and hooks.get("args") is None
    hooks["args"].append(print)  # type: ignore[arg-type]
    assert hooks == {"response": [], "args": [print]}
    assert isinstance(hooks, SessionHooks)
    for error in (ValueError, KeyError):
        with pytest.raises(error, match=r'name "arg"\. The events are: args, post_request, pre_request, response$'):
            hooks["arg"]


def test_methods_that_requests_has_not_give_way_to_those_of_other_bases() -> None:
    """As in docker's client, whose `events` stands in a base behind Session."""

    class Events:
        def events(self, since: int = 0) -> str:
            return f"since {since}"

    class Client(client.Session, Events):
        pass

    class Own(client.Session):
        def events(self, *args: object, **kwargs: object) -> Any:
            return "own"

    assert Client().events(since=5) == "since 5"  # type: ignore[call-arg]
    assert Own().events() == "own"
    assert client.Session.events.__doc__ and Client.map is client.Session.map
