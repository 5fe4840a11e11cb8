"""What a transport's error becomes, and what explains it: of every cause, in every phase, and never a secret."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import socket
import ssl
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import exceptions as ex
from httpcore_lite.client import failures
from httpcore_lite.client.failures import original, translate, translate_body
from httpcore_lite.exceptions import RequestException
from httpcore_lite.messages import url_errors
from httpcore_lite.sansio import errors as low
from httpcore_lite.sansio.connections.routes import Route
from httpcore_lite.urllib3_api import exceptions as urllib3_errors
from support.scripted import Peer, receive, response, send

REQUEST = client.Request("GET", "http://user:hush@example.test/a?token=hush").prepare()
TRIED = "GET http://example.test/a?token=[masked]"


def caused(error: low.TransportError, cause: BaseException, **attributes: Any) -> low.TransportError:
    error.__cause__ = cause
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def verifying(code: int) -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


def reached(code: int, where: str = "") -> low.TransportError:
    cause = OSError(code, os.strerror(code))
    return caused(low.NewConnectionError(None, f"{where}Failed to establish a new connection: {cause}"), cause)


#: an error of the transport -> what stands behind the URL
STORIES: list[tuple[BaseException, str]] = [
    (reached(errno.ECONNREFUSED), "Nothing listens on that port: is the server running, and is the port right? GET"),
    (
        caused(reached(errno.ENETUNREACH), OSError(), addresses=("::1",)),
        ", connecting to ::1",
    ),
    (reached(errno.EHOSTUNREACH), "There is no way to that address from here. GET"),
    (low.NewConnectionError(None, "allow_address refused the address 10.0.0.1"), ", connecting"),
    (
        reached(errno.ECONNREFUSED, "UnixConnection(path='/a'): "),
        "Is a server running on that socket, and is the path right? GET",
    ),
    (
        low.ProtocolError("the request's body does not fit its head: Too little data"),
        "Content-Length says how many",
    ),
    (low.NameResolutionError("a.test", None, socket.gaierror(-2, "unknown")), ", name lookup"),
    (
        caused(low.SSLError("x"), verifying(10), phase="tls"),
        "The server's certificate has expired, or this machine's clock is wrong. GET",
    ),
    (
        caused(low.SSLError("x"), verifying(19), phase="tls"),
        "The server's certificate is not signed by a trusted authority",
    ),
    (caused(low.SSLError("x"), verifying(999), phase="tls"), ", TLS handshake"),
    (caused(low.SSLError("x"), alert("NO_PROTOCOLS_AVAILABLE"), phase="tls"), "no version of TLS in common"),
    (
        caused(low.SSLError("x"), alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")),
        "The server wants a client certificate: cert=",
    ),
    (caused(low.SSLError("x"), alert("SOMETHING_ELSE"), phase="tls"), ", TLS handshake"),
    (low.ProxyError("no way", reached(errno.ECONNREFUSED)), "is the proxy running, and is the port right? GET"),
    (
        low.ProxyError("no way", caused(low.SSLError("x"), verifying(18), phase="tls")),
        "The proxy's certificate is self-signed",
    ),
    (low.ProxyError("no way", caused(low.SSLError("x"), alert("Z"), phase="tls")), "Does the proxy speak plain HTTP?"),
    (low.ProxyError("no way", OSError("Tunnel connection failed: 503 Busy")), "It is the proxy that says so"),
    (
        low.ProtocolError("Connection aborted.", BrokenPipeError()),
        "A server that wants https:// on this port does that, too. GET",
    ),
    (low.ReadTimeoutError(None, "/", "late"), TRIED),
    (low.InvalidHeader("bad"), TRIED),
    (OSError("of the program's own"), TRIED),
]


@pytest.mark.parametrize(("error", "words"), STORIES, ids=lambda value: repr(value)[:60])
def test_a_story_tells_the_phase_and_a_hint(error: BaseException, words: str) -> None:
    for each in (error, low.MaxRetryError(None, "/a", error)):
        text = translate(each, REQUEST).explanation
        assert TRIED in text
        assert words in text
        assert "hush" not in text
        assert len(text) <= url_errors.MAX_SHOWN


def test_a_reset_in_a_body_is_not_explained_by_what_one_before_it_would_mean() -> None:
    broken = low.ProtocolError("Connection broken", ConnectionResetError())
    assert translate_body(broken, REQUEST).explanation == TRIED + ", reading the body"


def test_what_went_on_too_long_says_so() -> None:
    for phase, words in (
        ("wait", "timeout= can allow more"),
        ("connect", "firewall"),
        ("total", "total time"),
    ):
        late = low.ReadTimeoutError(None, "/", "late")
        late.phase = phase
        assert words in translate(late, REQUEST).explanation


def test_the_seconds_that_it_took_are_told_where_they_are_known() -> None:
    error = translate(low.EmptyPoolError(None, "full"), REQUEST, 1.26)
    assert error.explanation.endswith(", waiting for a connection, 1.3 s")
    assert translate(low.EmptyPoolError(None, "full"), REQUEST, 0.04).explanation.endswith("for a connection")


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    one, two = low.ProtocolError("one"), low.ProtocolError("two")
    one.__cause__, two.__cause__ = two, one
    assert TRIED in translate(one, REQUEST).explanation
    deep: BaseException = OSError("the end")
    for _ in range(100):
        deep = caused(low.ProtocolError("deeper"), deep)
    assert TRIED in translate(deep, REQUEST).explanation


@pytest.mark.parametrize(
    "request_", [None, object(), client.Request(), REQUEST.copy()], ids=lambda value: type(value).__name__
)
def test_showing_an_error_never_fails(request_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(low.ProtocolError):
        def __str__(self) -> str:
            raise LookupError("no text")

    assert str(translate(low.ProtocolError("plain"), request_)) == "plain"
    error = translate(Odd("x"), REQUEST)
    with pytest.raises(LookupError, match="no text"):
        error.explanation  # noqa: B018 - tests see the faults of that room
    monkeypatch.setattr(failures, "never_fails", True)
    assert error.explanation == ""


def test_an_error_of_a_programs_own_is_what_it_was_given() -> None:
    for kind in (RequestException, client.ConnectionError, client.HTTPError):
        error = kind("words", request=REQUEST)
        assert str(error) == "words"
        assert error.explanation == ""
        assert not hasattr(error, "__notes__")


def test_a_method_that_is_none_makes_no_second_line() -> None:
    odd = REQUEST.copy()
    odd.method = "GE\nT"
    assert "'GE\\nT' http://example.test/" in translate(low.InvalidHeader("bad"), odd).explanation


def test_the_url_is_what_an_explanation_is_shortened_by() -> None:
    long = client.Request("GET", "http://example.test/" + "a" * 500 + "?token=hush").prepare()
    text = translate(caused(low.SSLError("x"), verifying(20), phase="tls"), long, 0.3).explanation
    assert len(text) == url_errors.MAX_SHOWN
    assert text.startswith("The server's certificate is not signed by a trusted authority: pass its CA as verify='")
    assert text.endswith("aaa..., TLS handshake, 0.3 s")


def test_of_many_addresses_three_are_named() -> None:
    error = caused(reached(errno.ECONNREFUSED), OSError(), addresses=tuple(f"192.0.2.{n}" for n in range(9)))
    assert "connecting to 192.0.2.0, 192.0.2.1, 192.0.2.2 and 6 more" in translate(error, REQUEST).explanation


def test_where_a_proxy_forwards_it_is_not_called_the_server() -> None:
    late = low.ReadTimeoutError(Route("http", "proxy", 1, forwarding=True), "/", "late")
    late.phase, late.seconds = "wait", 5
    assert translate(late, REQUEST).explanation.startswith("The proxy sent nothing for 5 s; ")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_a_traceback_shows_the_explanation_once_as_a_note() -> None:
    refused = reached(errno.ECONNREFUSED)
    error = translate(low.MaxRetryError(None, "/a", refused), REQUEST)
    error.__cause__ = original(error.args[0])
    shown = "".join(traceback.format_exception(error))
    assert shown.count("Nothing listens on that port") == 1
    assert shown.endswith(f"\n{error.explanation}\n")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_notes_of_a_program_stand_behind_the_explanation_and_travel() -> None:
    for error in (translate(reached(errno.ECONNREFUSED), REQUEST), client.ConnectionError("words")):
        before = [error.explanation] if error.explanation else []
        error.add_note("one")
        error.add_note("two")
        for each in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert each.__notes__ == [*before, "one", "two"]
        error.__notes__ = ["mine"]
        assert error.__notes__ == ["mine"]
        with pytest.raises(TypeError):
            error.add_note(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["PoolTimeout", "WriteTimeout", "ResponseTooLarge"])
def test_an_error_that_requests_does_not_have_is_explained_in_its_text(kind: str) -> None:
    error = getattr(client.exceptions, kind)("the words.")
    assert str(error) == "the words."
    error.explanation = "It helps"
    assert str(error) == "the words. It helps"
    assert not hasattr(error, "__notes__")


def test_the_cause_is_what_it_came_from_and_what_is_in_between_is_in_the_arguments() -> None:
    root = ConnectionRefusedError(111, "refused")
    middle = caused(low.NewConnectionError(None, "no"), root)
    outer = caused(low.MaxRetryError(None, "/", middle), middle)
    assert original(outer) is root
    root.__cause__ = KeyError("of the program's own")
    assert original(outer) is root
    alone = low.EmptyPoolError(None, "full")
    assert original(alone) is alone


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("example.org", "https://example.org"),
        ("httpbin.org/get", "https://httpbin.org/get"),
        ("http//example.org", "http://example.org"),
        ("HTTPS:example.org", "HTTPS://example.org"),
        ("//example.org/a", "https://example.org/a"),
        ("user:hush@example.org/a?token=hush", "https://example.org/a?token=[masked]"),
    ],
)
def test_the_error_for_a_url_without_a_scheme_names_one_that_has_it(text: str, meant: str) -> None:
    said, words = url_errors.no_scheme(text)
    assert said.startswith("Invalid URL ")
    assert f" {meant} was meant" in words or said.endswith(f" you meant {meant}?")
    assert "hush" not in said + words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http:/example.org/", ("'http:/example.org/': No host supplied", "Perhaps http://example.org/ was meant")),
        ("http://", ("'http://': No host supplied", "")),
        ("http://user:hush@/", ("'http:///': No host supplied", "")),
    ],
)
def test_the_error_for_a_url_without_a_host_names_one_where_it_can_be_guessed(text: str, said: tuple[str, str]) -> None:
    assert url_errors.no_host(text) == (f"Invalid URL {said[0]}", said[1])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("htp://a/", "Perhaps http:// was meant"),
        ("htps://a/", "Perhaps https:// was meant"),
        ("http+unix://%2Frun%2Fs/", "Session(uds='/path') opens a Unix socket"),
        ("localhost:80/", "Perhaps http://localhost:80/ was meant"),
        ("['http://a/']", "looks like a list"),
        ("{'a': 'b'}", "looks like a list, a dict"),
        ("ftp://a/", "neither http:// nor https://"),
        ("mailto:hush@example.org", "found for 'example.org'"),
    ],
)
def test_the_error_for_a_url_that_no_adapter_is_for_names_what_was_meant(url: str, words: str) -> None:
    said, why = url_errors.no_adapter(url)
    assert said.startswith("No connection adapters were found for ")
    assert words in said + why
    assert "hush" not in said + why


@pytest.mark.parametrize("kind", [TypeError, AttributeError, ValueError])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("headers", "X: hush", "headers= takes a mapping of names to values, not a str"),
        ("headers", ["hush"], "not a list"),
        ("cookies", "a=hush", "cookies= takes a mapping or a CookieJar, not a str"),
        ("cookies", {"a": 5}, "the value of the cookie 'a' is an int: it must be text"),
        ("auth", "user:hush", "not a str"),
        ("auth", ("user", "hush", "more"), "not a tuple of 3"),
        (
            "proxies",
            "http://user:hush@a:1",
            "proxies= takes a mapping of schemes to URLs of proxies, or False, not a str",
        ),
    ],
)
def test_an_argument_of_a_wrong_type_is_named_without_its_value(
    kind: type[Exception], name: str, value: Any, words: str
) -> None:
    with pytest.raises(kind) as caught:
        failures.refuse_argument(kind("unhelpful"), **{name: value})
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_what_is_right_is_not_blamed() -> None:
    right = {
        "headers": {"a": "b"},
        "cookies": client.cookies.RequestsCookieJar(),
        "auth": ("user", "password"),
        "proxies": False,
    }
    failures.refuse_argument(TypeError("of a hook"), **right)
    failures.refuse_argument(TypeError("of a hook"), **dict.fromkeys(right))
    failures.refuse_argument(client.exceptions.InvalidURL("bad"), headers="X: y")
    failures.refuse_argument(ValueError("bad"), cookies={"a": "b", "c": None}, auth=print)


def test_an_error_of_the_programs_own_auth_comes_through_as_it_is() -> None:
    def auth(request: Any) -> Any:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        client.get("http://127.0.0.1:9/", auth=auth)


def test_a_first_get_loads_nothing_that_only_a_failure_needs() -> None:
    code = (
        "import sys, httpcore_lite as r\n"
        "assert r.get(sys.argv[1], proxies=False, timeout=5).text\n"
        "names = 'client.failures messages.url_errors messages.fields messages.bodies sansio.redaction "
        "sansio.http1.mending'\n"
        "print([name for name in names.split() if 'httpcore_lite.' + name in sys.modules])\n"
    )
    root = str(Path(client.__file__).parents[1])
    with Peer([receive(), send(response("hi"))]) as peer:
        done = subprocess.run(
            [sys.executable, "-c", code, peer.url()],
            check=True, env={**os.environ, "PYTHONPATH": root}, timeout=30, capture_output=True,
        )  # fmt: skip
    assert done.stdout.strip() == b"[]"


def test_an_explanation_is_made_when_it_is_read() -> None:
    error = translate(low.ProtocolError("x"), REQUEST)
    assert vars(error)["_explain"] is failures.explain_exchange
    assert error._words is None


# -- translation ------------------------------------------------------------------------------------------------------


def max_retry(reason: BaseException | None) -> low.MaxRetryError:
    return low.MaxRetryError(None, "/", reason)


BEFORE_RESPONSE = [
    (low.ProtocolError("x"), ex.ConnectionError),
    (low.HeadError("x"), ex.ConnectionError),
    (low.IncompleteRead(1, 2), ex.ConnectionError),
    (low.RemoteDisconnected("x"), ex.ConnectionError),
    (ConnectionResetError("x"), ex.ConnectionError),
    (TimeoutError("x"), ex.ConnectionError),
    (ssl.SSLError("x"), ex.ConnectionError),
    (urllib3_errors.ClosedPoolError(None, "x"), ex.ConnectionError),
    (low.EmptyPoolError(None, "x"), ex.PoolTimeout),
    (low.ProxyError("x", None), ex.ProxyError),
    (low.SSLError("x"), ex.SSLError),
    (low.ReadTimeoutError(None, "/", "x"), ex.ReadTimeout),
    (low.WriteTimeoutError(None, "/", "x"), ex.WriteTimeout),
    (low.ConnectTimeoutError("x"), ex.ConnectTimeout),
    (low.NewConnectionError(None, "x"), ex.ConnectionError),
    (low.NameResolutionError("h", None, OSError()), ex.ConnectionError),
    (low.InvalidHeader("x"), ex.InvalidHeader),
    (low.LocationValueError("x"), ex.InvalidURL),
    (low.LocationParseError("x"), ex.InvalidURL),
    (low.URLSchemeUnknown("gopher"), ex.InvalidURL),
    (low.ProxySchemeUnknown("gopher"), ex.InvalidProxyURL),
    (urllib3_errors.ProxySchemeUnsupported("x"), ex.InvalidProxyURL),
    (low.DecodeError("x"), ex.ContentDecodingError),
    (low.ResponseTooLarge("x"), ex.ResponseTooLarge),
    (low.UnrewindableBodyError("x"), ex.UnrewindableBodyError),
    (low.ResponseError("x"), ex.RetryError),
    (low.TimeoutError("x"), ex.Timeout),
    (low.TransportError("x"), ex.ConnectionError),
    (max_retry(low.ConnectTimeoutError("x")), ex.ConnectTimeout),
    (max_retry(low.NewConnectionError(None, "x")), ex.ConnectionError),
    (max_retry(low.NameResolutionError("h", None, OSError())), ex.ConnectionError),
    (max_retry(low.ResponseError("x")), ex.RetryError),
    (max_retry(low.ProxyError("x", None)), ex.ProxyError),
    (max_retry(low.SSLError("x")), ex.SSLError),
    (max_retry(ssl.SSLError("x")), ex.ConnectionError),
    (max_retry(low.ReadTimeoutError(None, "/", "x")), ex.ConnectionError),
    (max_retry(low.WriteTimeoutError(None, "/", "x")), ex.WriteTimeout),
    (max_retry(low.ProtocolError("x")), ex.ConnectionError),
    (max_retry(None), ex.ConnectionError),
]

IN_THE_BODY = [
    (low.ProtocolError("x"), ex.ChunkedEncodingError),
    (low.IncompleteRead(1, 2), ex.ChunkedEncodingError),
    (low.InvalidChunkLength(None, b"z"), ex.ChunkedEncodingError),
    (low.DecodeError("x"), ex.ContentDecodingError),
    (low.ResponseTooLarge("x"), ex.ResponseTooLarge),
    (low.ReadTimeoutError(None, "/", "x"), ex.ConnectionError),
    (low.SSLError("x"), ex.SSLError),
    (low.TransportError("x"), ex.ConnectionError),
]


@pytest.mark.parametrize(("error", "cls"), BEFORE_RESPONSE, ids=lambda value: repr(value)[:60])
def test_an_error_before_the_response_becomes_what_requests_raises(error: Exception, cls: type) -> None:
    request = SimpleNamespace()
    translated = failures.translate(error, request)
    assert type(translated) is cls
    assert translated.request is request
    assert translated.args == (error,)
    assert str(translated) == str(error)


@pytest.mark.parametrize(("error", "cls"), IN_THE_BODY, ids=lambda value: repr(value)[:60])
def test_an_error_in_the_body_becomes_what_requests_raises(error: Exception, cls: type) -> None:
    request = SimpleNamespace()
    translated = failures.translate_body(error, request)
    assert type(translated) is cls
    assert translated.request is request
    assert translated.args == (error,)


def test_every_transport_error_is_a_requests_exception_after_translation() -> None:
    for value in vars(low).values():
        if isinstance(value, type) and issubclass(value, low.TransportError):
            error = value.__new__(value)
            assert failures.is_transport_error(error)
            assert isinstance(failures.translate(error, None), ex.RequestException)
            assert isinstance(failures.translate_body(error, None), ex.RequestException)


def test_errors_of_a_copy_of_urllib3_are_known_by_name() -> None:
    root = type("HTTPError", (Exception,), {"__module__": "vendored.urllib3.exceptions"})
    reading = type("ReadTimeoutError", (root,), {"__module__": "vendored.urllib3.exceptions"})
    assert failures.is_transport_error(reading("x"))
    assert type(failures.translate(reading("x"), None)) is ex.ReadTimeout


def test_errors_of_a_program_are_not_translated() -> None:
    for error in (
        ValueError(),
        KeyError(),
        OSError(),
        ex.HTTPError(),
        ex.ContentDecodingError(),
        type("HTTPError", (Exception,), {})(),
    ):
        assert not failures.is_transport_error(error)
