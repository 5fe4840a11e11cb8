"""What is said of a program's own mistakes: class and words of each, before anything is sent.

The faults of others are in tests/wire/test_error_texts.py; docs/errors.md shows both tables to people.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
import requests

import httpcore_lite as client
from httpcore_lite import Retry, Timeouts
from httpcore_lite.messages import urls
from support import certificates
from support.texts import check

NOWHERE = "http://user:hush@127.0.0.1:9/path"  # never connected to


def get(url: Any = NOWHERE, **given: Any) -> Callable[[], object]:
    return lambda: client.get(url, **given)


def post(**given: Any) -> Callable[[], object]:
    return lambda: client.post(NOWHERE, **given)


CHAIN = certificates.client_certificate
#: name -> (what is done, class, words in order)
MISTAKES: dict[str, tuple[Callable[[], object], str, list[str]]] = {
    "no scheme": (
        get("example.org/path"),
        "MissingSchema",
        ["Invalid URL 'example.org/path': No scheme supplied. Perhaps you meant https://example.org/path?"],
    ),
    "no colon": (
        get("http//example.org/"),
        "MissingSchema",
        ["No scheme supplied", "Perhaps http://example.org/ was meant"],
    ),
    "one slash": (
        get("http:/example.org/"),
        "InvalidURL",
        ["No host supplied", "Perhaps http://example.org/ was meant"],
    ),
    "a host and a port": (
        get("localhost:8080/path"),
        "InvalidSchema",
        ["No connection adapters were found for 'localhost:8080/path'", "Perhaps http://localhost:8080/path was meant"],
    ),
    "a misspelt scheme": (
        get("htp://user:hush@example.org/"),
        "InvalidSchema",
        ["No connection adapters were found for 'htp://example.org/'", "Perhaps http:// was meant"],
    ),
    "another scheme": (
        get("ftp://user:hush@example.org/"),
        "InvalidSchema",
        ["No connection adapters were found for 'ftp://example.org/'", "neither http:// nor https://", "mount()"],
    ),
    "no host": (get("http://user:hush@/path"), "InvalidURL", ["Invalid URL 'http:///path': No host supplied"]),
    "no URL": (get(None), "MissingSchema", ["Invalid URL 'None': No scheme supplied", "There is no URL"]),
    "an empty URL": (get(""), "MissingSchema", ["Invalid URL '': No scheme supplied", "left empty?"]),
    "a port out of range": (
        get("http://user:hush@example.org:99999/"),
        "InvalidURL",
        ["Failed to parse: http://example.org:99999/", "'example.org:99999' has a port out of range 0-65535"],
    ),
    "a port of letters": (
        get("http://user:hush@example.org:80a/"),
        "InvalidURL",
        ["Failed to parse: 'example.org:80a' is not a valid host or port"],
    ),
    "a space in the host": (
        get("http://user:hush@exam ple.org/"),
        "InvalidURL",
        ["Failed to parse: Host 'exam ple.org' contains invalid character ' '"],
    ),
    "a password with a slash": (
        get("http://user:hush/hush@host/x"),
        "InvalidURL",
        ["no host and port before", "in a user or password write them as %2F"],
    ),
    "a proxy's password with a hash": (
        get(proxies={"http": "http://user:hush#hush@host:1"}),
        "InvalidURL",
        ["no host and port before", "in a user or password", "%23"],
    ),
    "a host that is no name": (
        get("http://*.example.org/"),
        "InvalidURL",
        ["URL has an invalid label.", "'*.example.org'"],
    ),
    "a label too long": (
        get(f"http://{'a' * 64}.test/"),
        "InvalidURL",
        ["Failed to parse: 'aaaa", ", label empty or too long"],
    ),
    "headers that are text": (get(headers="X: hush"), "AttributeError", ["headers= takes a mapping", "not a str"]),
    "a header that is a number": (
        get(headers={"X-Number": 5}),
        "InvalidHeader",
        ["Header part (5) from ('X-Number', 5) must be of type str or bytes, not <class 'int'>"],
    ),
    "a header with a line end": (
        get(headers={"Authorization": "Bearer hush\n"}),
        "InvalidHeader",
        ["return character(s) in header value: [masked]", "It ends in a line end", "the header 'Authorization'"],
    ),
    "a header beyond Latin-1": (
        get(headers={"X-Name": "Łódź"}),
        "InvalidHeader",
        ["the value of header 'X-Name' holds 'Ł', which is not Latin-1"],
    ),
    "cookies that are text": (get(cookies="a=hush"), "TypeError", ["cookies= takes a mapping or a CookieJar"]),
    "a cookie that is a number": (get(cookies={"a": 5}), "TypeError", ["the value of the cookie 'a' is an int"]),
    "auth that is text": (get(auth="user:hush"), "TypeError", ["auth= takes (user, password)", "not a str"]),
    "auth of three": (get(auth=("a", "hush", "c")), "TypeError", ["auth= takes (user, password)", "a tuple of 3"]),
    "proxies that are text": (get(proxies="http://u:hush@h:1"), "TypeError", ["proxies= takes a mapping of schemes"]),
    "a proxy's scheme misspelt": (
        get(proxies={"http": "htp://user:hush@proxy:1"}),
        "InvalidURL",
        ["Proxy URL had unsupported scheme htp, should use http:// or https://", "socks5h"],
    ),
    "a proxy without a host": (
        get(proxies={"http": "http://user:hush@/"}),
        "InvalidProxyURL",
        ["Please check proxy URL. It is malformed and could be missing the host", "'http:///'"],
    ),
    "a proxy's port of letters": (
        get(proxies={"http": "http://user:hush@proxy:port"}),
        "InvalidURL",
        ["Failed to parse: 'proxy:port' is not a valid host or port"],
    ),
    "a timeout of three": (get(timeout=(1, 2, 3)), "ValueError", ["Invalid timeout (1, 2, 3).", "(connect, read)"]),
    "a timeout of text": (
        get(timeout="5"),
        "ValueError",
        ["Timeout value connect was 5, but it must be an int, float or None."],
    ),
    "a timeout that is an exception": (
        get(timeout=client.Timeout(5)),
        "ValueError",
        ["Timeout value connect was 5, but it must be an int, float or None.", "was Timeouts(...) meant?"],
    ),
    "a timeout of nothing": (
        get(timeout=0),
        "ValueError",
        ["Attempted to set connect timeout to 0", "less than or equal to 0."],
    ),
    "verify= is no file": (
        get("https://127.0.0.1:9/", verify="/no/such.pem"),
        "_MissingFile",
        ["Could not find a suitable TLS CA certificate bundle, invalid path: /no/such.pem"],
    ),
    "cert= is no file": (
        get("https://127.0.0.1:9/", cert="/no/such.pem"),
        "_MissingFile",
        ["Could not find the TLS certificate file, invalid path: /no/such.pem"],
    ),
    "cert= without a key": (
        lambda: client.get("https://127.0.0.1:9/", cert=CHAIN()[0]),
        "SSLError",
        ["the client certificate cannot be loaded from", "GET https://127.0.0.1:9/", "cert=(certificate, key)"],
    ),
    "cert= of three": (
        get("https://127.0.0.1:9/", cert=("a", "b", "c")),
        "TypeError",
        ["cert= takes a path, or (certificate, key)"],
    ),
    "a body of a number": (post(data=5), "TypeError", ["'body' must be a bytes-like object", "Instead was"]),
    "a field of a form is no pair": (post(data=["a"]), "ValueError", ["not enough values to unpack"]),
    "files that are text": (post(files="hush"), "ValueError", ["cannot encode objects that are not 2-tuples"]),
    "files with text as data": (post(files={"f": b""}, data="hush"), "ValueError", ["Data must not be a string."]),
    "no JSON": (post(json={"a": {1}}), "TypeError", ["Object of type set is not JSON serializable"]),
    **{
        f"text without UTF-8: {name}": (
            post(**given),
            "InvalidBody",
            [f"{what} holds '\\ud800', a lone surrogate, which cannot be sent as UTF-8"],
        )
        for name, (what, given) in {
            "a body": ("the body", {"data": "a\ud800"}),
            "a file": ("the body", {"data": io.StringIO("a\ud800")}),
            "a form": ("a form field", {"data": {"a": "b\ud800"}}),
            "a name": ("a form field", {"data": [("a\ud800", "b")]}),
            "a part": ("a form", {"files": {"a": "b\ud800"}}),
            "a part's file": ("a form", {"files": {"a": io.StringIO("b\ud800")}}),
            "a part's name": ("a form", {"files": {"a\ud800": "b"}}),
        }.items()
    },  # fmt: skip
    "NaN as JSON": (post(json=float("nan")), "InvalidJSONError", ["Out of range float values are not JSON compliant"]),
    "a misspelt option": (
        get(time_out=5),
        "TypeError",
        ["a request has no option 'time_out'", "Did you mean 'timeout'?", "Its options are: ", "timeout"],
    ),
    "a misspelt argument": (
        get(header={"a": "b"}),
        "TypeError",
        ["a request has no option 'header'", "Did you mean 'headers'?", "Its options are: "],
    ),
    "an option of the session": (
        get(ca_data="hush"),
        "TypeError",
        ["a request has no option 'ca_data'", "'ca_data' is an option of Session(...) and HTTPAdapter(...)"],
    ),
    "a misspelt option of the session": (
        lambda: client.Session(max_connection=5),  # type: ignore[call-arg]
        "TypeError",
        ["Session() has no option 'max_connection'", "Did you mean 'max_connections'?"],
    ),
    "a method with a space": (
        lambda: client.request("GE T", NOWHERE),
        "InvalidHeader",
        ["'GE T' is no request method"],
    ),
    "a request that was not prepared": (
        lambda: client.Session().send(client.Request("GET", NOWHERE)),  # type: ignore[arg-type]
        "ValueError",
        ["You can only send PreparedRequests."],
    ),
    "hooks that are a function": (
        get(hooks=print),
        "AttributeError",
        ["hooks= takes a mapping of events to functions"],
    ),
    "an unknown hook": (get(hooks={"respnse": print}), "ValueError", ["Unsupported event specified", '"respnse"']),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("a connection was made"))
    do, kind, words = MISTAKES[name]
    with pytest.raises(Exception) as caught:
        do()
    check(caught.value, kind, words)


@pytest.mark.parametrize(
    ("name", "value"), [("proxies", "http://u:hush@h:1"), ("cookies", "a=hush"), ("auth", "user:hush")]
)
def test_an_attribute_of_a_session_of_the_wrong_type_is_named(name: str, value: str) -> None:
    session = client.Session()
    setattr(session, name, value)
    with pytest.raises(TypeError, match=f"^{name}= takes .*, not a str$"):
        session.get(NOWHERE)
    with pytest.raises(TypeError, match=f"^{name}= takes .*, not a str$"):
        client.Session(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("port", ["zz", "99999", "8 0"])
@pytest.mark.parametrize("userinfo", ["u:S3CRET%40", "S3CRET%40", "u:S3%40CRET%40", "u%3AS3CRET%40", "a:b@u:S3CRET%40"])
def test_a_password_before_an_escaped_at_sign_is_never_shown(userinfo: str, port: str) -> None:
    url = f"http://{userinfo}h:{port}/"
    calls: list[Callable[[], object]] = [
        client.Request("GET", url).prepare,
        get("http://a.test/", proxies={"http": url}, timeout=1),
        lambda: urls.parse_url(url),
    ]
    for call in calls:
        with pytest.raises(ValueError) as caught:
            call()
        error: BaseException | None = caught.value
        while error is not None:
            said = f"{error} {error!r} {getattr(error, 'explanation', '')}"
            assert "S3" not in said and "CRET" not in said
            error = error.__cause__ or error.__context__


# -- wrong types of parameters and callbacks --------------------------------------------------------------------------


def two(one: Any, two: Any) -> None: ...


class Called:
    def method(self, one: Any) -> None: ...


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "params of a number": (
        lambda: client.get(NOWHERE, params=5),
        "params= takes a mapping, pairs, text or bytes, not int",
    ),
    "params of a number behind others": (lambda: client.get(NOWHERE + "?a=b", params=5.5), "not float"),
    "params of an object": (lambda: client.get(NOWHERE, params=object()), "not object"),
    "max_retries of text": (lambda: client.adapters.HTTPAdapter(max_retries="3"), "max_retries= takes a number"),
    "max_retries of a list": (lambda: client.adapters.HTTPAdapter(max_retries=[3]), r"or a Retry, not \[3\]"),
    "a hook of a number": (lambda: client.get(NOWHERE, hooks={"response": 5}), "a hook for 'response' is a function"),
    "a hook of numbers": (lambda: client.get(NOWHERE, hooks={"response": [print, 5]}), "or a list of them, not 5"),
    "Timeouts": (lambda: Timeouts(conect=1), "keyword argument 'conect'. Did you mean 'connect'?"),  # type: ignore[arg-type]
    "Timeouts, nothing like it": (lambda: Timeouts(xyz=1), "unexpected keyword argument 'xyz'.$"),  # type: ignore[arg-type]
    "Retry": (lambda: Retry(totl=3), "keyword argument 'totl'. Did you mean 'total'?"),  # type: ignore[arg-type]
    "trace": (
        lambda: client.get(NOWHERE, trace=lambda event: None),
        r"trace= is called with \(event, info\), which <lam",
    ),
    "on_upload": (
        lambda: client.get(NOWHERE, on_upload=Called().method),
        r"\(sent, total\), which method does not take",
    ),
    "on_retry": (lambda: client.Session(on_retry=two), r"on_retry= is called with \(attempt\), which two does not"),
    "resolver": (lambda: client.Session(resolver=lambda host: []), r"\(host, port\)"),  # type: ignore[arg-type, misc]
    "trailers": (lambda: client.post(NOWHERE, trailers=two), r"trailers= is called with \(\), which two does"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_a_type_error_at_once(name: str) -> None:
    do, words = WRONG[name]
    with pytest.raises(TypeError, match=words):
        do()


@pytest.mark.parametrize("text", ["a=b", b"a=b", {"a": "b"}, [("a", "b")], 0, None, ""])
def test_params_that_requests_takes_are_taken(text: Any) -> None:
    theirs = requests.Request("GET", NOWHERE, params=text).prepare().url
    assert client.Request("GET", NOWHERE, params=text).prepare().url == theirs


@pytest.mark.parametrize(
    "hook", [None, [], [None], print, (print, len), {print}, Mock()], ids=lambda hook: type(hook).__name__
)
def test_hooks_that_can_be_called_or_are_none_are_taken(hook: Any) -> None:
    client.Request("GET", NOWHERE, hooks={"response": hook}).prepare()


@pytest.mark.parametrize(
    "function",
    [two, print, Mock(), lambda *args: None, lambda one, two, three=3: None, Called().method.__func__, dict.get],
    ids=["two", "print", "a mock", "args", "a default", "a method", "of a class"],
)
def test_a_callback_that_takes_what_it_gets_is_taken(function: Any) -> None:
    client.Session(trace=function)


@pytest.mark.parametrize("retries", [0, 1, 2.0, True, False, None, Retry(1)], ids=str)
def test_max_retries_of_a_number_or_a_policy_is_taken(retries: Any) -> None:
    client.adapters.HTTPAdapter(max_retries=retries)
