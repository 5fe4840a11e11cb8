"""The small modules held against those of the real requests: the same call, the same value."""

from __future__ import annotations

import importlib
import inspect
import os
import pickle
from http.cookiejar import CookieJar
from http.cookies import Morsel
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_lite import auth, cookies, exceptions, hooks, status_codes, structures
from httpcore_lite.client import failures
from httpcore_lite.sansio.connections.digest import parse_challenges
from support.cookies import Raw

requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")
if requests.__name__ != "requests" or "httpcore_lite" in str(requests.__file__):
    pytest.skip("this needs the real requests", allow_module_level=True)

from requests import adapters as their_adapters  # noqa: E402
from requests import auth as their_auth  # noqa: E402
from requests import cookies as their_cookies  # noqa: E402
from requests import exceptions as their_exceptions  # noqa: E402
from requests import hooks as their_hooks  # noqa: E402
from requests import models as their_models  # noqa: E402
from requests import status_codes as their_codes  # noqa: E402
from requests import structures as their_structures  # noqa: E402
from urllib3 import exceptions as low  # noqa: E402

MODULES = ["structures", "status_codes", "hooks", "exceptions", "_internal_utils", "cookies", "auth", "__version__"]

# -- the surface -------------------------------------------------------------------------------------------------


def public_names(module: Any) -> list[str]:
    private = {"annotations", "TYPE_CHECKING"}
    dunder = module.__name__.endswith("__version__")
    return [
        name
        for name in vars(module)
        if name not in private
        and (
            not name.startswith("_")
            or (dunder and isinstance(getattr(module, name), (str, int)) and name != "__file__")
        )
    ]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_here(name: str) -> None:
    theirs = importlib.import_module(f"requests.{name}")
    ours = importlib.import_module(f"httpcore_lite.{name}")
    missing = [each for each in public_names(theirs) if not hasattr(ours, each)]
    assert not missing
    assert not [each for each in public_names(theirs) if each not in dir(ours)]


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


def functions_of(module: Any) -> list[tuple[str, Any]]:
    found = []
    for name, value in vars(module).items():
        if getattr(value, "__module__", "") != module.__name__ or name.startswith("_"):
            continue
        if inspect.isclass(value):
            found += [
                (f"{name}.{member}", function)
                for member, function in vars(value).items()
                if inspect.isfunction(function)
            ]
        elif inspect.isfunction(value):
            found.append((name, value))
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_signature_is_theirs(name: str) -> None:
    theirs = importlib.import_module(f"requests.{name}")
    ours = importlib.import_module(f"httpcore_lite.{name}")
    for path, function in functions_of(theirs):
        if path == "LookupDict.__getattr__":  # says what object says anyway
            continue
        own: Any = ours
        for part in path.split("."):
            own = getattr(own, part)
        expected = parameters(function)
        assert parameters(own)[: len(expected)] == expected, path


def test_every_exception_has_the_same_bases() -> None:
    renamed = {"TransportError": "HTTPError"}
    for name, theirs in vars(their_exceptions).items():
        if isinstance(theirs, type) and theirs.__module__ == their_exceptions.__name__:
            ours = getattr(exceptions, name)
            # One may be adopted by urllib3 already, and have its HTTPError beside ours.
            own = [cls for cls in ours.__mro__ if not cls.__module__.startswith("urllib3")]
            assert [renamed.get(cls.__name__, cls.__name__) for cls in own] == [cls.__name__ for cls in theirs.__mro__]


# -- values ------------------------------------------------------------------------------------------------------


def test_the_codes_are_the_same() -> None:
    assert vars(status_codes.codes) == vars(their_codes.codes)
    assert status_codes._codes == their_codes._codes


@given(st.lists(st.tuples(st.sampled_from(["set", "del", "get"]), st.text("aAbB-", max_size=3), st.integers())))
def test_a_dict_in_any_case_goes_the_same_way(steps: list[tuple[str, str, int]]) -> None:
    ours: Any = structures.CaseInsensitiveDict()
    theirs: Any = their_structures.CaseInsensitiveDict()
    for step, name, value in steps:
        results = []
        for fields in (ours, theirs):
            if step == "set":
                fields[name] = value
                results.append(None)
            elif step == "del":
                results.append(fields.pop(name, "missing"))
            else:
                results.append((fields.get(name, "missing"), name in fields))
        assert results[0] == results[1]
        assert repr(ours) == repr(theirs)
        assert list(ours.lower_items()) == list(theirs.lower_items())
    assert ours == theirs
    assert theirs == ours


def test_hooks_go_the_same_way() -> None:
    assert hooks.HOOKS == their_hooks.HOOKS
    for given_hooks in (
        None,
        {},
        {"response": None},
        {"response": str.upper},
        {"response": [str.upper, lambda s: None]},
    ):
        ours, theirs = (module.dispatch_hook("response", given_hooks, "data") for module in (hooks, their_hooks))
        assert ours == theirs


TEXT = st.text(st.characters(max_codepoint=255), max_size=12)


@given(TEXT | st.binary(max_size=12), TEXT | st.binary(max_size=12))
def test_basic_credentials_are_written_the_same_way(username: Any, password: Any) -> None:
    assert auth._basic_auth_str(username, password) == their_auth._basic_auth_str(username, password)


# -- digest ------------------------------------------------------------------------------------------------------

CHALLENGES: list[dict[str, str]] = [
    {"realm": "r", "nonce": "n"},
    {"realm": "r", "nonce": "n", "opaque": "o"},
    {"realm": "r", "nonce": "n", "qop": "auth"},
    {"realm": "r", "nonce": "n", "qop": "auth,auth-int", "algorithm": "MD5"},
    {"realm": "r", "nonce": "n", "qop": "auth", "algorithm": "MD5-sess", "opaque": "o"},
    {"realm": "a b\\c", "nonce": "n==", "qop": "auth", "algorithm": "SHA"},
    {"realm": "r", "nonce": "n", "qop": "auth", "algorithm": "sha-256"},
    {"realm": "r", "nonce": "n", "qop": "auth", "algorithm": "SHA-512"},
    {"realm": "\u00e4", "nonce": "n", "qop": "auth"},
    {"realm": "r", "nonce": "n", "qop": "token"},
    {"realm": "r", "nonce": "n", "algorithm": "UNKNOWN"},
]


@pytest.mark.parametrize("challenge", CHALLENGES, ids=str)
@pytest.mark.parametrize("url", ["http://x.com", "http://x.com/a%20b?c=d&e", "http://x.com/?q#f"])
def test_digest_credentials_are_the_same_byte_for_byte(
    challenge: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = auth.HTTPDigestAuth("us\u00e9r", "p\u00e4ss"), their_auth.HTTPDigestAuth("us\u00e9r", "p\u00e4ss")
    for _ in range(3):
        for each in (ours, theirs):
            each.init_per_thread_state()
            each._thread_local.chal = dict(challenge)
        expected = theirs.build_digest_header("POST", url)
        if expected is not None:
            # The client's own nonce is the only part that is drawn.
            cnonce = parse_challenges(expected)[0].parameters.get("cnonce")
            if cnonce is None and "sess" in challenge.get("algorithm", ""):
                pytest.skip("the client's nonce is not in the field")
            monkeypatch.setattr(os, "urandom", lambda size, drawn=cnonce or "00" * 8: bytes.fromhex(drawn))
        assert ours.build_digest_header("POST", url) == expected
        monkeypatch.undo()


# -- cookies -----------------------------------------------------------------------------------------------------


def prepared(url: str, **headers: str) -> Any:
    request = their_models.PreparedRequest()
    request.url, request.headers = url, their_structures.CaseInsensitiveDict(headers)
    return request


SET_COOKIES = [
    ["a=1"],
    ["a=1; Path=/x", "a=2; Path=/", "b=3; Domain=example.com"],
    ["a=1; Domain=.example.com; Secure; HttpOnly", "b=2; Max-Age=60"],
    ["a=1; Domain=evil.org", "b=2; expires=Thu, 01-Jan-1970 00:00:01 GMT", "c=3; Version=1; Path=/"],
    ['q="plain"', 'r="\\"bar:baz\\""', "=x", "novalue", "e="],
    ["s=a=b=c; path=/; SameSite=Lax", "\u00e9=\u00e9"],
]
URLS = [
    "http://example.com/",
    "https://example.com/x/y?z",
    "http://sub.example.com:8080/x",
    "http://localhost/x",
    "http://127.0.0.1:1/",
    "http://[::1]:8080/x",
]


@pytest.mark.parametrize("values", SET_COOKIES, ids=str)
@pytest.mark.parametrize("url", URLS)
def test_what_is_set_is_kept_and_sent_the_same_way(values: list[str], url: str) -> None:
    jars: list[Any] = []
    for module in (cookies, their_cookies):
        jar = module.RequestsCookieJar()
        module.extract_cookies_to_jar(jar, prepared(url), Raw(*values))
        jars.append(jar)
    ours, theirs = jars

    def rows(jar: Any) -> list[dict[str, Any]]:
        skipped = ("expires", "_received")  # the former depends on the second
        return [{key: value for key, value in vars(cookie).items() if key not in skipped} for cookie in jar]

    assert rows(ours) == rows(theirs)
    assert ours.items() == theirs.items()
    for target in URLS:
        for headers in ({}, {"Host": "example.com"}):
            # Deliberately different: without Domain a cookie is for its very host.
            host = cookies.cookielib.eff_request_host(cookies.MockRequest(prepared(target, **headers)))[1]
            theirs = their_cookies.RequestsCookieJar()
            their_cookies.extract_cookies_to_jar(theirs, prepared(url), Raw(*values))
            for cookie in list(theirs):
                if not cookie.domain_specified and cookie.domain != host:
                    theirs.clear(cookie.domain, cookie.path, cookie.name)
            expected = their_cookies.get_cookie_header(theirs, prepared(target, **headers))
            sent = cookies.get_cookie_header(ours, prepared(target, **headers))
            if expected and 'r="bar:baz"' in expected:
                # Deliberately different: what was received in quotes goes back as it came.
                expected = expected.replace('r="bar:baz"', 'r="\\"bar:baz\\""')
            assert sent == expected


def test_cookies_are_made_with_the_same_fields() -> None:
    for kwargs in ({}, {"domain": ".x.com", "path": "/p", "secure": True}, {"port": "80", "expires": 7, "version": 1}):
        assert vars(cookies.create_cookie("a", "b", **kwargs)) == vars(their_cookies.create_cookie("a", "b", **kwargs))
    for module in (cookies, their_cookies):
        with pytest.raises(TypeError) as caught:
            module.create_cookie("a", "b", colour=1)
        assert str(caught.value) == "create_cookie() got unexpected keyword arguments: ['colour']"


@pytest.mark.parametrize("field", [("expires", "Thu, 01-Jan-1970 00:00:01 GMT"), ("comment", "c"), ("secure", True)])
def test_morsels_are_read_with_the_same_fields(field: tuple[str, Any]) -> None:
    morsel: Morsel[str] = Morsel()
    morsel.set("a", "b", "b")
    morsel[field[0]] = field[1]
    assert vars(cookies.morsel_to_cookie(morsel)) == vars(their_cookies.morsel_to_cookie(morsel))


NAME = st.sampled_from(["a", "b", "c"])
STEP = st.tuples(
    st.sampled_from(["set", "setitem", "del", "get", "find", "update", "in", "dict", "domains", "multiple", "merge"]),
    NAME,
    st.sampled_from(["1", "", None, '"q"']),
    st.sampled_from([None, "x.com", "y.com"]),
)


@settings(max_examples=200)
@given(st.lists(STEP, max_size=12))
def test_a_jar_used_as_a_dict_goes_the_same_way(steps: list[Any]) -> None:
    jars = (cookies.RequestsCookieJar(), their_cookies.RequestsCookieJar())
    modules: Any = (cookies, their_cookies)
    for step in steps:
        results = [attempt(module, jar, *step) for module, jar in zip(modules, jars, strict=True)]
        assert results[0] == results[1]
        assert jars[0].items() == jars[1].items()
    assert str(jars[0]) == str(jars[1])
    assert pickle.loads(pickle.dumps(jars[0])).items() == jars[1].copy().items()


def attempt(module: Any, jar: Any, step: str, name: str, value: Any, domain: Any) -> Any:
    kwargs = {} if domain is None else {"domain": domain}
    try:
        if step == "set":
            return vars(jar.set(name, value, **kwargs) or module.create_cookie("none", "none"))
        if step == "setitem":
            jar[name] = value
        elif step == "del":
            del jar[name]
        elif step == "get":
            return jar.get(name, "default", domain=domain)
        elif step == "find":
            return jar._find(name, domain=domain)
        elif step == "update":
            jar.update({name: value})
        elif step == "in":
            return name in jar
        elif step == "dict":
            return jar.get_dict(domain=domain)
        elif step == "domains":
            return jar.list_domains(), jar.list_paths()
        elif step == "multiple":
            return jar.multiple_domains()
        else:
            module.merge_cookies(jar, {name: "merged"})
            module.merge_cookies(jar, module.cookiejar_from_dict({name: "jar"}, CookieJar()))
    except Exception as error:
        return type(error).__name__, str(error)
    return None


# -- errors ------------------------------------------------------------------------------------------------------


def retry(reason: Any) -> Any:
    return low.MaxRetryError(None, "/", reason)  # type: ignore[arg-type]


SENDING: list[Any] = [
    low.ProtocolError("Connection aborted.", ConnectionResetError()),
    low.ProtocolError("broken", low.IncompleteRead(1, 2)),
    OSError("x"),
    TimeoutError("x"),
    low.ClosedPoolError(None, "x"),  # type: ignore[arg-type]
    low.ProxyError("x", OSError()),
    low.SSLError("x"),
    low.ReadTimeoutError(None, "/", "x"),  # type: ignore[arg-type]
    low.InvalidHeader("x"),
    retry(low.ConnectTimeoutError("x")),
    retry(low.NewConnectionError(None, "x")),  # type: ignore[arg-type]
    retry(low.NameResolutionError("h", None, OSError())),  # type: ignore[arg-type]
    retry(low.ResponseError("x")),
    retry(low.ProxyError("x", OSError())),
    retry(low.SSLError("x")),
    retry(low.ReadTimeoutError(None, "/", "x")),  # type: ignore[arg-type]
    retry(low.ProtocolError("x")),
    retry(OSError("x")),
    retry(None),
]


@pytest.mark.parametrize("error", SENDING, ids=lambda error: repr(error)[:70])
def test_an_error_of_urllib3_becomes_the_class_that_requests_raises(error: Any) -> None:
    class Pool:
        def urlopen(self, **kwargs: Any) -> Any:
            raise error

    class Adapter(their_adapters.HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            return Pool()

        def cert_verify(self, *args: Any) -> None:
            pass

    request = their_models.Request("GET", "http://x.com/").prepare()
    with pytest.raises(their_exceptions.RequestException) as caught:
        Adapter().send(request)
    ours = failures.translate(error, request)
    assert type(ours).__name__ == type(caught.value).__name__
    assert str(ours) == str(caught.value)
    assert ours.args == caught.value.args
    # The only word more than requests': it forgets the request where a proxy failed.
    assert ours.request is request


READING: list[Any] = [
    low.ProtocolError("x"),
    low.ProtocolError("broken", low.IncompleteRead(1, 2)),
    low.DecodeError("x"),
    low.ReadTimeoutError(None, "/", "x"),  # type: ignore[arg-type]
    low.SSLError("x"),
]


@pytest.mark.parametrize("error", READING, ids=lambda error: repr(error)[:70])
def test_an_error_in_a_body_becomes_the_class_that_requests_raises(error: Any) -> None:
    class Broken:
        def stream(self, *args: Any, **kwargs: Any) -> Any:
            raise error

    response: Any = their_models.Response()
    response.raw = Broken()
    with pytest.raises(their_exceptions.RequestException) as caught:
        list(response.iter_content(1))
    ours = failures.translate_body(error, None)
    assert type(ours).__name__ == type(caught.value).__name__
    assert ours.args == caught.value.args
