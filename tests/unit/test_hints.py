"""What is said behind an error's own words: of every cause, in every phase, and never a secret or another error."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import hints
from httpcore_lite.exceptions import RequestException, translate, translate_body
from httpcore_lite.transport import errors as low

REQUEST = client.Request("GET", "http://user:hush@example.test/a?token=hush").prepare()
TRIED = "(GET http://example.test/a?token=[masked]"


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
    (reached(errno.ECONNREFUSED), ", while connecting. Nobody listens on that port"),
    (
        caused(reached(errno.ENETUNREACH), OSError(), addresses=("::1",)),
        ", while connecting to ::1. There is no way to",
    ),
    (reached(errno.EHOSTUNREACH), ", while connecting. There is no way to that address from here"),
    (low.NewConnectionError(None, "allow_address refused the address 10.0.0.1"), ", while connecting)"),
    (
        reached(errno.ECONNREFUSED, "UnixConnection(path='/a'): "),
        ", while connecting. Is a server running on that socket",
    ),
    (
        low.ProtocolError("the request's body does not fit its head: Too little data"),
        "response. Content-Length says how many",
    ),
    (low.NameResolutionError("a.test", None, socket.gaierror(-2, "unknown")), ", while looking up the name"),
    (caused(low.SSLError("x"), verifying(10), phase="tls"), ", in the TLS handshake. The certificate's time is over"),
    (
        caused(low.SSLError("x"), verifying(19), phase="tls"),
        ", in the TLS handshake. Nobody whom we trust has signed it",
    ),
    (caused(low.SSLError("x"), verifying(999), phase="tls"), ", in the TLS handshake)"),
    (caused(low.SSLError("x"), alert("NO_PROTOCOLS_AVAILABLE"), phase="tls"), "no version of TLS in common"),
    (
        caused(low.SSLError("x"), alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")),
        "The server wants a client certificate: cert=",
    ),
    (caused(low.SSLError("x"), alert("SOMETHING_ELSE"), phase="tls"), ", in the TLS handshake)"),
    (low.ProxyError("no way", reached(errno.ECONNREFUSED)), ", while connecting to the proxy. Nobody listens"),
    (
        low.ProxyError("no way", caused(low.SSLError("x"), verifying(18), phase="tls")),
        "with the proxy. The server has signed",
    ),
    (low.ProxyError("no way", caused(low.SSLError("x"), alert("Z"), phase="tls")), "Does the proxy speak plain HTTP?"),
    (low.ProxyError("no way", OSError("Tunnel connection failed: 503 Busy")), "a way. It is the proxy that says so"),
    (
        low.ProtocolError("Connection aborted.", BrokenPipeError()),
        "waiting for the response. A server that wants https://",
    ),
    (low.ReadTimeoutError(None, "/", "late"), TRIED[4:] + ")"),
    (low.InvalidHeader("bad"), TRIED[4:] + ")"),
    (OSError("of the program's own"), TRIED[4:] + ")"),
]


@pytest.mark.parametrize(("error", "words"), STORIES, ids=lambda value: repr(value)[:60])
def test_a_story_tells_the_phase_and_a_hint(error: BaseException, words: str) -> None:
    for each in (error, low.MaxRetryError(None, "/a", error)):
        text = str(translate(each, REQUEST))
        assert TRIED in text
        assert words in text
        assert "hush" not in text


def test_in_a_body_nobody_guesses_what_a_reset_before_it_would_mean() -> None:
    broken = low.ProtocolError("Connection broken", ConnectionResetError())
    assert str(translate_body(broken, REQUEST)).endswith("token=[masked], while reading the body)")


def test_what_went_on_too_long_says_so() -> None:
    for phase, words in (
        ("wait", "timeout= can allow more"),
        ("connect", "firewall"),
        ("total", "whose time as a whole"),
    ):
        late = low.ReadTimeoutError(None, "/", "late")
        late.phase = phase
        assert words in str(translate(late, REQUEST))


def test_the_seconds_that_it_took_are_told_where_they_are_known() -> None:
    error = translate(low.EmptyPoolError(None, "full"), REQUEST, 1.26)
    assert ", while waiting for a connection, after 1.3 s. All connections are in use" in str(error)


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    one, two = low.ProtocolError("one"), low.ProtocolError("two")
    one.__cause__, two.__cause__ = two, one
    assert TRIED in str(translate(one, REQUEST))
    deep: BaseException = OSError("the end")
    for _ in range(100):
        deep = caused(low.ProtocolError("deeper"), deep)
    assert TRIED in str(translate(deep, REQUEST))


@pytest.mark.parametrize(
    "request_", [None, object(), client.Request(), REQUEST.copy()], ids=lambda value: type(value).__name__
)
def test_showing_an_error_never_fails(request_: Any) -> None:
    class Odd(low.ProtocolError):
        def __str__(self) -> str:
            raise LookupError("no text")

    assert str(translate(low.ProtocolError("plain"), request_)).startswith("plain")
    error = translate(Odd("x"), REQUEST)
    assert hints.story(error) == ""


def test_an_error_of_a_programs_own_is_what_it_was_given() -> None:
    for kind in (RequestException, client.ConnectionError, client.HTTPError):
        assert str(kind("words", request=REQUEST)) == "words"


def test_a_method_that_is_none_makes_no_second_line() -> None:
    odd = REQUEST.copy()
    odd.method = "GE\nT"
    assert "('GE\\nT' http://example.test/" in str(translate(low.InvalidHeader("bad"), odd))


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
def test_a_url_without_a_scheme_is_answered_with_one_that_has_it(text: str, meant: str) -> None:
    said = hints.no_scheme(text)
    assert said.endswith(f"No scheme supplied. Perhaps you meant {meant}?")
    assert "hush" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http:/example.org/", "'http:/example.org/': No host supplied. Perhaps you meant http://example.org/?"),
        ("http://", "'http://': No host supplied"),
        ("http://user:hush@/", "'http:///': No host supplied"),
    ],
)
def test_a_url_without_a_host_is_answered_with_one_where_it_can_be_guessed(text: str, said: str) -> None:
    assert hints.no_host(text) == f"Invalid URL {said}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("htp://a/", "Perhaps you meant http://?"),
        ("htps://a/", "Perhaps you meant https://?"),
        ("http+unx://a/", "Perhaps you meant http+unix://?"),
        ("localhost:80/", "Perhaps you meant http://localhost:80/?"),
        ("ftp://a/", "neither http:// nor https://"),
        ("mailto:hush@example.org", "found for 'example.org'"),
    ],
)
def test_a_url_that_no_adapter_is_for_is_answered_with_what_was_meant(url: str, words: str) -> None:
    said = hints.no_adapter(url)
    assert words in said
    assert "hush" not in said


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
    better = hints.wrong_argument(kind("unhelpful"), {name: value})
    assert type(better) is kind
    assert words in str(better)
    assert "hush" not in str(better)


def test_what_is_right_is_not_blamed() -> None:
    right = {
        "headers": {"a": "b"},
        "cookies": client.cookies.RequestsCookieJar(),
        "auth": ("user", "password"),
        "proxies": False,
    }
    assert hints.wrong_argument(TypeError("of a hook"), right) is None
    assert hints.wrong_argument(TypeError("of a hook"), dict.fromkeys(right)) is None
    assert hints.wrong_argument(client.exceptions.InvalidURL("bad"), {"headers": "X: y"}) is None
    assert hints.wrong_argument(ValueError("bad"), {"cookies": {"a": "b", "c": None}, "auth": print}) is None


def test_an_error_of_the_programs_own_auth_comes_through_as_it_is() -> None:
    def auth(request: Any) -> Any:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        client.get("http://127.0.0.1:9/", auth=auth)


def test_an_error_that_nobody_reads_loads_no_hints() -> None:
    code = (
        "import sys, httpcore_lite as r\n"
        "try: r.get('http://127.0.0.1:9/', proxies=False, timeout=5)\n"
        "except r.ConnectionError as error: pass\n"
        "assert 'httpcore_lite.hints' not in sys.modules\n"
    )
    root = str(Path(client.__file__).parents[1])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": root}, timeout=30)
