"""Promises of auth.py."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite import auth
from httpcore_lite.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth, HTTPProxyAuth, _basic_auth_str
from httpcore_lite.exceptions import InvalidHeader, UnrewindableBodyError
from httpcore_lite.sansio.connections.digest import parse_challenges
from httpcore_lite.structures import CaseInsensitiveDict

CHALLENGE = 'Digest realm="r", nonce="n{}", qop="auth", opaque="o"'


class Request:
    """As much of a prepared request as an auth object needs."""

    def __init__(self, method: str = "GET", url: str = "http://x.com/p?q=1", body: Any = None) -> None:
        self.method, self.url, self.body = method, url, body
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self.hooks: list[Any] = []

    def register_hook(self, event: str, hook: Any) -> None:
        assert event == "response"
        self.hooks.append(hook)

    def copy(self) -> Request:
        new = Request(self.method, self.url, self.body)
        new.headers = self.headers.copy()
        new.hooks = self.hooks
        return new


class Response:
    """As much of a response as an auth object needs."""

    def __init__(self, request: Request, status: int = 401, challenge: str = "", adapter: Any = None) -> None:
        self.request, self.status_code, self.connection = request, status, adapter
        self.headers = CaseInsensitiveDict({"WWW-Authenticate": challenge} if challenge else {})
        self.history: list[Response] = []
        self.raw = None
        self.is_redirect = False
        self.log: list[str] = []

    @property
    def content(self) -> bytes:
        self.log.append("content")
        return b""

    def close(self) -> None:
        self.log.append("close")


class Adapter:
    """Returns 200 for everything and remembers it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Request, dict[str, Any]]] = []
        self.bodies: list[bytes] = []

    def send(self, request: Request, **kwargs: Any) -> Response:
        self.sent.append((request, kwargs))
        if hasattr(request.body, "read"):
            self.bodies.append(request.body.read())
        return Response(request, 200, adapter=self)


def fields(request: Request) -> dict[str, str]:
    return parse_challenges(request.headers["Authorization"])[0].parameters


def challenged(
    digest: HTTPDigestAuth, request: Request, challenge: str = CHALLENGE, status: int = 401, **kwargs: Any
) -> tuple[Response, Response, Adapter]:
    """Let `digest` meet a refusal; return the refusal, what came out, and the adapter that it came by."""
    adapter = Adapter()
    refusal = Response(digest(request), status, challenge, adapter)
    return refusal, digest.handle_401(refusal, **kwargs), adapter


# -- Basic -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "password", "value"),
    [
        ("user", "pass", "Basic dXNlcjpwYXNz"),
        (b"user", b"pass", "Basic dXNlcjpwYXNz"),
        ("\u00fcser", "p\u00e4ss", "Basic /HNlcjpw5HNz"),
        ("\u96ea".encode(), "x", "Basic 6ZuqOng="),
        ("", "", "Basic Og=="),
        ("u" * 99, "", "Basic " + "dXV1" * 33 + "Og=="),
    ],
)
def test_name_and_password_are_written_in_base64(username: Any, password: Any, value: str) -> None:
    assert _basic_auth_str(username, password) == value
    request = Request()
    assert HTTPBasicAuth(username, password)(request) is request
    assert request.headers["Authorization"] == value
    request = Request()
    assert HTTPProxyAuth(username, password)(request) is request
    assert dict(request.headers) == {"Proxy-Authorization": value}


def test_what_latin_1_cannot_write_is_an_error() -> None:
    with pytest.raises(InvalidHeader, match="the user name for Basic authentication holds what Latin-1 has not"):
        _basic_auth_str("\u96ea", "x")
    with pytest.raises(InvalidHeader, match="the password for Basic") as caught:
        _basic_auth_str("x", "secret\u96ea")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_numbers_are_deprecated_and_a_password_is_not_shown() -> None:
    with pytest.warns(DeprecationWarning, match="Non-string") as caught:
        assert _basic_auth_str(1, 23456) == _basic_auth_str("1", "23456")
    assert [entry.category for entry in caught] == [DeprecationWarning, DeprecationWarning]
    assert "1" in str(caught[0].message)
    assert "23456" not in str(caught[1].message)


@pytest.mark.parametrize("cls", [HTTPBasicAuth, HTTPProxyAuth, HTTPDigestAuth])
def test_equal_means_same_name_and_password(cls: Any) -> None:
    assert cls("u", "p") == cls("u", "p") == HTTPBasicAuth("u", "p")
    assert not cls("u", "p") != cls("u", "p")  # noqa: SIM202
    for other in (cls("u", "x"), cls("x", "p"), None, "u"):
        assert cls("u", "p") != other


def test_the_base_class_authenticates_nobody() -> None:
    with pytest.raises(NotImplementedError):
        AuthBase()(Request())


# -- Digest ------------------------------------------------------------------------------------------------------


def test_a_challenge_is_answered_once_through_the_adapter_that_brought_it() -> None:
    digest = HTTPDigestAuth("u", "p")
    refusal, second, adapter = challenged(digest, Request(), timeout=3, stream=True)
    ((request, kwargs),) = adapter.sent
    assert kwargs == {"timeout": 3, "stream": True}
    assert second.status_code == 200
    assert second.history == [refusal]
    assert second.request is request is not refusal.request
    assert refusal.log == ["content", "close"]
    assert "Authorization" not in refusal.request.headers
    sent = fields(request)
    assert (sent["username"], sent["uri"], sent["nc"], sent["qop"]) == ("u", "/p?q=1", "00000001", "auth")

    again = Response(request, 401, CHALLENGE, adapter)
    assert digest.handle_401(again) is again
    assert len(adapter.sent) == 1


def test_a_known_nonce_is_used_from_the_start_and_counted() -> None:
    digest = HTTPDigestAuth("u", "p")
    request = digest(Request())
    assert "Authorization" not in request.headers
    challenged(digest, Request())
    first, second = fields(digest(Request())), fields(digest(Request()))
    assert (first["nonce"], first["nc"], second["nc"]) == ("n{}", "00000002", "00000003")
    assert first["cnonce"] != second["cnonce"]
    challenged(digest, Request(), CHALLENGE.format(2))
    assert fields(digest(Request()))["nc"] == "00000002"


def test_both_hooks_are_registered_as_they_are_overridden() -> None:
    digest = HTTPDigestAuth("u", "p")
    assert digest(Request()).hooks == [digest.handle_401, digest.handle_redirect]


@pytest.mark.parametrize(
    ("status", "challenge"),
    [
        (200, CHALLENGE),
        (302, CHALLENGE),
        (500, CHALLENGE),
        (401, ""),
        (401, 'Basic realm="r"'),
        (401, "Digest realm=r"),
    ],
)
def test_what_is_no_challenge_is_left_alone(status: int, challenge: str) -> None:
    digest = HTTPDigestAuth("u", "p")
    refusal, second, adapter = challenged(digest, Request(), challenge, status)
    assert second is refusal
    assert not adapter.sent
    assert digest._thread_local.num_401_calls == 1


def test_every_4xx_with_a_challenge_is_answered() -> None:
    assert challenged(HTTPDigestAuth("u", "p"), Request(), CHALLENGE, 403)[1].status_code == 200


def test_the_digest_challenge_is_found_among_others() -> None:
    mixed = 'Negotiate, Basic realm="b", Digest realm="x", nonce="x", algorithm=NEW, Digest realm="r", nonce="n"'
    *_, adapter = challenged(HTTPDigestAuth("u", "p"), Request(), mixed)
    assert fields(adapter.sent[0][0])["realm"] == "r"


def test_a_challenge_that_is_not_understood_is_not_asked_for_twice() -> None:
    refusal, second, adapter = challenged(HTTPDigestAuth("u", "p"), Request(), CHALLENGE + ", algorithm=NEW")
    assert second is refusal
    assert not adapter.sent


@pytest.mark.parametrize(
    "challenge", ['Digest nonce="n"', 'Digest nonce="n", qop="auth"', "Digest", "Digest nonce", 'Digest realm="r"']
)
def test_a_challenge_that_lacks_something_is_handed_back_and_spoils_nothing(challenge: str) -> None:
    digest = HTTPDigestAuth("user", "pw")
    refusal, result, adapter = challenged(digest, Request(), challenge)
    assert result is refusal
    assert adapter.sent == []
    refusal, result, adapter = challenged(digest, Request(), CHALLENGE.format(1))
    assert result.status_code == 200
    refusal, result, _ = challenged(digest, Request(), challenge)
    assert result is refusal
    again = digest(Request())  # what cannot be answered is not answered in advance
    assert fields(again)["nonce"] == "n1" if "Authorization" in again.headers else True
    assert challenged(digest, Request(), CHALLENGE.format(2))[1].status_code == 200


class Mistaken(HTTPDigestAuth):
    def build_digest_header(self, method: str, url: str) -> Any:
        return {}["mine"]


def test_a_mistake_of_a_subclass_is_not_hidden() -> None:
    with pytest.raises(KeyError, match="mine"):
        challenged(Mistaken("user", "pw"), Request(), CHALLENGE.format(1))


words = st.sampled_from([
    "Digest", "Basic", " ", ", ", ",", "=", '"', "\\", 'realm="r"', "realm", 'nonce="n"', "nonce=", 'qop="auth"',
    "qop=auth-int", "qop=", "algorithm=MD5", "algorithm=", "algorithm=SHA-512-256-sess", "stale=true", "userhash=true",
    "charset=UTF-8", "opaque=", "\xff", "\t", "a", ";",
])  # fmt: skip


@given(st.lists(words, max_size=14).map("".join), st.sampled_from(["user", "\u96ea", b"\xff", ""]))
def test_no_challenge_of_whatever_form_is_an_error(text: str, user: Any) -> None:
    digest = HTTPDigestAuth(user, "pw")
    for challenge in (text, "Digest " + text, CHALLENGE.format(1), text):
        _, result, adapter = challenged(digest, Request("POST", body=b"body"), challenge)
        assert result.status_code in (200, 401)
        assert len(adapter.sent) == (result.status_code == 200)


def test_a_redirect_allows_another_challenge_to_be_answered() -> None:
    digest = HTTPDigestAuth("u", "p")
    _, second, adapter = challenged(digest, Request())
    second.is_redirect = True
    digest.handle_redirect(second)
    assert digest.handle_401(Response(Request(), 401, CHALLENGE, adapter)).status_code == 200


def test_a_file_is_sent_again_from_where_it_stood() -> None:
    body = io.BytesIO(b"0123456789")
    body.seek(4)
    digest = HTTPDigestAuth("u", "p")
    request = digest(Request("POST", body=body))
    adapter = Adapter()
    adapter.send(request)
    digest.handle_401(Response(request, 401, CHALLENGE, adapter))
    assert adapter.bodies == [b"456789", b"456789"]


@pytest.mark.parametrize("body", [(piece for piece in [b"x"]), type("Pipe", (), {"read": lambda self: b""})()])
def test_a_consumed_body_is_not_silently_sent_empty(body: Any) -> None:
    request = Request("POST", body=body)
    with pytest.raises(UnrewindableBodyError) as caught:
        challenged(HTTPDigestAuth("u", "p"), request)
    assert caught.value.request is request
    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("body", [b"bytes", "text", bytearray(b"x"), [b"a", b"b"]])
def test_a_body_that_can_be_sent_again_is(body: Any) -> None:
    assert challenged(HTTPDigestAuth("u", "p"), Request("POST", body=body))[1].status_code == 200


def test_a_body_that_cannot_tell_where_it_stands_is_no_error_before_it_matters() -> None:
    class Pipe(io.RawIOBase):
        def tell(self) -> int:
            raise OSError("a pipe")

    digest = HTTPDigestAuth("u", "p")
    digest(Request("POST", body=Pipe()))
    assert not isinstance(digest._thread_local.pos, int)


def test_auth_int_covers_a_body_that_is_at_hand() -> None:
    challenge = 'Digest realm="r", nonce="n", qop="auth-int"'
    digest = HTTPDigestAuth("u", "p")
    responses = set()
    for body in (b"one", "two", None):
        *_, adapter = challenged(digest, Request("POST", body=body), challenge)
        sent = fields(adapter.sent[0][0])
        assert sent["qop"] == "auth-int"
        responses.add(sent["response"])
    assert len(responses) == 3
    refusal, second, _ = challenged(digest, Request("POST", body=io.BytesIO(b"x")), challenge)
    assert second is refusal


def test_the_uri_is_the_request_target() -> None:
    digest = HTTPDigestAuth("u", "p")
    for url, target in [("http://x.com", "/"), ("http://x.com/a;b?c#d", "/a;b?c"), ("http://x.com?c", "/?c")]:
        *_, adapter = challenged(digest, Request(url=url))
        assert fields(adapter.sent[0][0])["uri"] == target


def test_overridden_methods_are_called_with_what_requests_passes() -> None:
    calls: list[Any] = []

    class Own(HTTPDigestAuth):
        def init_per_thread_state(self) -> None:
            calls.append("init")
            super().init_per_thread_state()

        def build_digest_header(self, method: str, url: str) -> str:
            calls.append((method, url, dict(self._thread_local.chal)))
            return "Digest own"

    *_, adapter = challenged(Own("u", "p"), Request())
    assert adapter.sent[0][0].headers["Authorization"] == "Digest own"
    expected = {"realm": "r", "nonce": "n{}", "qop": "auth", "opaque": "o"}
    assert calls[0] == "init"
    assert calls[-1] == ("GET", "http://x.com/p?q=1", expected)


def test_a_subclass_for_proxies_may_set_the_challenge_itself() -> None:
    digest = HTTPDigestAuth("u", "p")
    digest.init_per_thread_state()
    assert digest._thread_local.last_nonce == ""
    digest._thread_local.chal = {"realm": "r", "nonce": "n"}
    header = digest.build_digest_header("GET", "http://x.com/")
    assert header is not None
    assert header.startswith('Digest username="u", realm="r", nonce="n", uri="/", response="')
    assert (digest._thread_local.last_nonce, digest._thread_local.nonce_count) == ("n", 1)
    digest._thread_local.chal = {}
    with pytest.raises(KeyError):
        digest.build_digest_header("GET", "http://x.com/")


def test_the_hooks_work_in_a_thread_that_did_not_prepare_the_request() -> None:
    digest = HTTPDigestAuth("u", "p")
    request = digest(Request("POST", body=io.BytesIO(b"abc")))
    request._body_position = 0
    adapter, results = Adapter(), []

    def work(hook: Any) -> None:
        results.append(hook(Response(request, 401, CHALLENGE, adapter)))

    for hook in (digest.handle_401, digest.handle_redirect):
        thread = threading.Thread(target=work, args=(hook,))
        thread.start()
        thread.join()
    assert results.pop() is None
    assert [result.status_code for result in results] == [200]
    assert digest._thread_local.last_nonce == ""


def test_cookies_that_come_with_a_challenge_go_with_the_credentials() -> None:
    import http.client

    from httpcore_lite.cookies import RequestsCookieJar, get_cookie_header

    class WithCookies(Request):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self._cookies = RequestsCookieJar()

        def copy(self) -> WithCookies:
            return WithCookies(self.method, self.url)

        def prepare_cookies(self, jar: Any) -> None:
            self.headers["Cookie"] = get_cookie_header(jar, self) or ""

    class Raw:
        def __init__(self) -> None:
            self._original_response = self
            self.msg = http.client.HTTPMessage()
            self.msg["Set-Cookie"] = "s=1"

    digest, adapter = HTTPDigestAuth("u", "p"), Adapter()
    refusal: Any = Response(digest(WithCookies()), 401, CHALLENGE, adapter)
    refusal.raw = Raw()
    digest.handle_401(refusal)
    assert adapter.sent[0][0].headers["Cookie"] == "s=1"


def test_digest_auth_can_be_pickled_and_copied() -> None:
    digest = HTTPDigestAuth("u", "p")
    challenged(digest, Request())
    for other in (pickle.loads(pickle.dumps(digest)), copy.copy(digest), copy.deepcopy(digest)):
        assert other == digest
        assert other._thread_local is not digest._thread_local
        assert "Authorization" not in other(Request()).headers


# -- the module --------------------------------------------------------------------------------------------------


def test_importing_auth_loads_nothing_that_authenticating_needs() -> None:
    code = (
        "import sys; import httpcore_lite.auth;"
        "found = {'hashlib', 'base64', 'binascii', 're', 'threading', 'http.cookiejar', 'typing', 'urllib.parse'};"
        "found &= set(sys.modules); assert not found, found"
    )
    root = str(Path(auth.__file__).parent.parent)
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": root})


def test_names_that_requests_has_by_accident_are_there_too() -> None:
    import base64
    import hashlib

    assert auth.hashlib is hashlib
    assert auth.b64encode is base64.b64encode
    assert auth.basestring == (str, bytes)
    assert callable(auth.extract_cookies_to_jar)
    assert callable(auth.parse_dict_header)
    assert {"hashlib", "basestring", "HTTPBasicAuth"} <= set(dir(auth))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        auth.nothing_like_it  # noqa: B018


# -- where credentials may go ------------------------------------------------------------------------------------


def sent_to(first: str, then: str) -> bool:
    """Set digest auth for `first`, be redirected to `then`, be challenged there: is the challenge answered?"""
    digest = HTTPDigestAuth("u", "p")
    request = digest(Request(url=first))
    adapter = Adapter()
    redirect = Response(request, 302, "", adapter)
    redirect.is_redirect = True
    for hook in request.hooks:
        hook(redirect)
    digest.handle_401(Response(Request(url=then), 401, CHALLENGE.format(1), adapter))
    return bool(adapter.sent)


@pytest.mark.parametrize(
    ("first", "then", "answered"),
    [
        ("http://x.com/a", "http://x.com:80/b", True),
        ("http://x.com/a", "https://X.com/b", True),
        ("http://x.com:80/a", "https://x.com:443/b", True),
        ("http://x.com/a", "http://y.com/b", False),
        ("http://x.com/a", "http://x.com.y.com/b", False),
        ("http://x.com/a", "http://x.com@y.com/b", False),
        ("http://x.com/a", "http://x.com:81/b", False),
        ("http://x.com:81/a", "https://x.com/b", False),
        ("http://x.com/a", "https://x.com:444/b", False),
        ("https://x.com/a", "http://x.com/b", False),
    ],
)
def test_a_challenge_after_a_redirect_is_answered_only_where_credentials_may_go(
    first: str, then: str, answered: bool
) -> None:
    assert sent_to(first, then) is answered


def test_a_nonce_is_used_only_for_the_origin_that_gave_it() -> None:
    digest = HTTPDigestAuth("u", "p")
    for host in ("a", "b"):
        request = digest(Request(url=f"http://{host}.com/"))
        assert "Authorization" not in request.headers
        digest.handle_401(Response(request, 401, CHALLENGE.format(host), Adapter()))
        assert digest._thread_local.last_nonce == f"n{host}"
    for host, count in (("a", 2), ("b", 2), ("a", 3)):
        request = digest(Request(url=f"http://{host}.com/"))
        credentials = fields(request)
        assert (credentials["nonce"], credentials["nc"]) == (f"n{host}", f"{count:08x}")
        state = digest._thread_local
        assert (state.last_nonce, state.nonce_count, state.chal["nonce"]) == (f"n{host}", count, f"n{host}")


def test_hooked_on_a_response_by_hand_a_challenge_is_answered() -> None:
    adapter = Adapter()
    HTTPDigestAuth("u", "p").handle_401(Response(Request(), 401, CHALLENGE.format(1), adapter))
    assert adapter.sent


def test_a_pickled_object_knows_where_its_credentials_may_go() -> None:
    digest = HTTPDigestAuth("u", "p")
    digest(Request(url="http://a.com/"))
    other = pickle.loads(pickle.dumps(digest))
    adapter = Adapter()
    other.handle_401(Response(Request(url="http://b.com/"), 401, CHALLENGE.format(1), adapter))
    assert not adapter.sent
    other.handle_401(Response(Request(url="http://a.com/"), 401, CHALLENGE.format(1), adapter))
    assert adapter.sent


def test_origins_are_forgotten_only_when_there_are_too_many_and_the_oldest_first() -> None:
    digest = HTTPDigestAuth("u", "p")
    urls = [f"http://h{number}.com/" for number in range(1025)]
    for url in urls[:1024]:
        digest(Request(url=url))
    assert len(digest._origins) == 1024
    digest(Request(url=urls[1024]))
    for url, answered in ((urls[0], False), (urls[1], True), (urls[1024], True)):
        adapter = Adapter()
        digest._thread_local.num_401_calls = 1
        digest.handle_401(Response(Request(url=url), 401, CHALLENGE.format(1), adapter))
        assert bool(adapter.sent) is answered
