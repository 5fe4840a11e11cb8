"""Canned responses: what is registered, what fits, what a miss says, and when a mock is active."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import re
import sys
import tracemalloc
import warnings
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite import mock
from httpcore_lite.mock import matchers, registries

URL = "http://api.test/v1"


@pytest.fixture
def canned() -> Iterator[mock.RequestsMock]:
    with mock.RequestsMock(assert_all_requests_are_fired=False) as active:
        yield active


def text(url: str = URL, method: str = "GET", **kw: Any) -> str:
    return client.request(method, url, **kw).text


# -- what fits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        ("http://api.test", "http://API.test/"),
        ("http://api.test/a?x=1&y=2", "http://api.test/a?y=2&x=1"),
        ("http://api.test/a?x=", "http://api.test/a?x="),
        ("http://api.test/a", "http://api.test/a?any=thing#fragment"),
        ("http://bücher.test/ä?ö=ü", "http://xn--bcher-kva.test/%C3%A4?%C3%B6=%C3%BC"),
        (re.compile(r"https?://(\w+\.)?api\.test/\d+$"), "https://eu.api.test/42"),
        ("http://api.test/a;b", "http://api.test/a;b"),
    ],
)
def test_a_url_is_meant_in_the_form_in_which_it_is_requested(
    canned: mock.RequestsMock, registered: Any, requested: str
) -> None:
    canned.get(registered, body="here")
    assert text(requested) == "here"


@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        ("http://api.test/a", "http://api.test/a/"),
        ("http://api.test/a", "https://api.test/a"),
        ("http://api.test/a", "http://api.test:81/a"),
        ("http://api.test/a?x=1", "http://api.test/a"),
        ("http://api.test/a?x=1", "http://api.test/a?x=1&y="),
        ("http://api.test/a?x=1&x=2", "http://api.test/a?x=1"),
        (re.compile("api"), "http://api.test/"),
    ],
)
def test_another_url_is_a_miss(canned: mock.RequestsMock, registered: Any, requested: str) -> None:
    canned.get(registered)
    with pytest.raises(client.ConnectionError, match="URL does not match"):
        client.get(requested)


FITS: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    (matchers.query_param_matcher({"page": 2, "tag": ["a", "b"]}), {"params": {"tag": ["a", "b"], "page": "2"}}, {}),
    (matchers.query_param_matcher({"a": 2}, strict_match=False), {"params": {"a": 2, "x": 1}}, {"params": {"x": 1}}),
    (matchers.query_string_matcher("a=1&b="), {"params": "b=&a=1"}, {"params": "a=1"}),
    (matchers.json_params_matcher({"a": {"b": 1}}), {"json": {"a": {"b": 1}}}, {"json": {"a": {"b": 1, "c": 2}}}),
    (matchers.json_params_matcher({"a": {"b": 1}}, strict_match=False), {"json": {"a": {"b": 1, "c": 2}}}, {}),
    (matchers.json_params_matcher([1, 2]), {"json": [1, 2]}, {"json": [2, 1]}),
    (matchers.json_params_matcher(None), {}, {"data": b"no json"}),
    (matchers.urlencoded_params_matcher({"a": "1"}), {"data": {"a": 1}}, {"data": {"a": 1, "b": 2}}),
    (matchers.urlencoded_params_matcher({"a": "1"}, strict_match=False), {"data": {"a": 1, "b": 2}}, {"data": {}}),
    (matchers.urlencoded_params_matcher({"a": ""}, allow_blank=True), {"data": "a="}, {"data": "a=1"}),
    (matchers.header_matcher({"accept": "text/plain"}), {"headers": {"Accept": "text/plain"}}, {}),
    (matchers.header_matcher({"X-Id": re.compile(r"\d+$")}), {"headers": {"x-id": "42"}}, {"headers": {"x-id": "no"}}),
    (matchers.body_matcher("text"), {"data": b"text"}, {"data": "other"}),
    (matchers.multipart_matcher({"f": b"a"}, {"k": "v"}), {"files": {"f": "a"}, "data": {"k": "v"}}, {"data": "a"}),
    (matchers.request_kwargs_matcher({"stream": True, "timeout": 3}), {"stream": True, "timeout": 3}, {"timeout": 3}),
    (lambda request: (request.body == b"mine", "not mine"), {"data": b"mine"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("matcher", "fitting", "other"), FITS)
def test_a_matcher_tells_requests_apart(
    canned: mock.RequestsMock, matcher: Any, fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    canned.post(URL, body="fits", match=[matcher])
    assert text(method="POST", **fitting) == "fits"
    with pytest.raises(client.ConnectionError):
        text(method="POST", **other)


def test_strict_headers_are_these_and_no_others(canned: mock.RequestsMock) -> None:
    canned.get(URL, match=[matchers.header_matcher({"Accept": "text/plain"}, strict_match=True)])
    prepared = client.Request("GET", URL).prepare()
    prepared.headers = client.structures.CaseInsensitiveDict({"accept": "text/plain"})
    with client.Session() as session:
        assert session.send(prepared).ok
    with pytest.raises(client.ConnectionError, match="Headers do not match"):
        client.get(URL, headers={"Accept": "text/plain"})


def test_a_fragment_can_be_asked_for(canned: mock.RequestsMock) -> None:
    canned.get(URL, match=[matchers.fragment_identifier_matcher("a=1&b=2")])
    assert client.get(URL + "#b=2&a=1").ok
    with pytest.raises(client.ConnectionError, match="fragment identifier is different"):
        client.get(URL + "#/other")


# -- in which order ------------------------------------------------------------------------------------------------


def test_several_serve_in_turn_and_the_last_again_and_again(canned: mock.RequestsMock) -> None:
    for body in "abc":
        canned.get(URL, body=body)
    assert [text() for _ in range(5)] == ["a", "b", "c", "c", "c"]
    canned.get(URL, body="d")
    assert [text(), text()] == ["d", "d"]


def test_the_same_object_can_be_registered_more_than_once(canned: mock.RequestsMock) -> None:
    busy = mock.Response("GET", URL, status=503)
    for response in (busy, busy, mock.Response("GET", URL, body="ok")):
        canned.add(response)
    assert [client.get(URL).status_code for _ in range(3)] == [503, 503, 200]


def test_an_ordered_registry_insists_on_its_order() -> None:
    with mock.RequestsMock(registry=registries.OrderedRegistry) as canned:
        canned.get(URL + "/a")
        canned.get(URL + "/b")
        with pytest.raises(client.ConnectionError, match="Next 'Response' in the order") as missed:
            client.get(URL + "/b")
        assert "It is not its turn yet" in str(missed.value)
        client.get(URL + "/a")
        client.get(URL + "/b")
        with pytest.raises(client.ConnectionError, match="all of it was used"):
            client.get(URL + "/b")


def test_what_is_registered_can_be_looked_at_replaced_and_removed(canned: mock.RequestsMock) -> None:
    first = canned.get(URL, body="a")
    assert canned.registered() == [first] and repr(first).startswith("<Response(url='http://api.test/v1' status=200")
    canned.replace("GET", URL, body="b")
    canned.upsert("GET", URL, body="c")
    canned.upsert("GET", URL + "/new", body="d")
    assert [text(), text(URL + "/new")] == ["c", "d"]
    assert len(canned.remove("GET", URL)) == 1 and canned.remove("GET", URL) == []
    with pytest.raises(ValueError, match="not registered for URL http://api.test/v1"):
        canned.replace("GET", URL)
    canned.reset()
    assert canned.registered() == [] and len(canned.calls) == 0


# -- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "body", "kind"),
    [
        ({"body": "text"}, b"text", "text/plain"),
        ({"body": "ü"}, b"\xc3\xbc", "text/plain; charset=utf-8"),
        ({"body": b"bytes", "content_type": "image/png"}, b"bytes", "image/png"),
        ({"body": b"bytes", "content_type": None}, b"bytes", None),
        ({"json": {"a": [1]}}, b'{"a": [1]}', "application/json"),
        ({"json": [], "headers": {"content-type": "application/hal+json"}}, b"[]", "application/hal+json"),
        ({"body": io.BytesIO(b"a file")}, b"a file", "text/plain"),
        ({"body": io.StringIO("a text")}, b"a text", "text/plain"),
        ({"body": (each for each in ["a", b"b"])}, b"ab", "text/plain"),
        ({"body": None}, b"", "text/plain"),
    ],
)
def test_a_body_is_any_of_these_and_can_be_had_again(
    canned: mock.RequestsMock, given: dict[str, Any], body: bytes, kind: str | None
) -> None:
    canned.get(URL, **given)
    for _ in range(2):
        response = client.get(URL)
        assert (response.content, response.headers.get("Content-Type")) == (body, kind)


def test_header_fields_are_the_same_each_time_and_may_be_bytes(canned: mock.RequestsMock) -> None:
    canned.get(URL, headers=iter([(b"X-A", b"caf\xe9"), ("X-N", 5)]), content_type=None)
    for _ in range(2):
        assert dict(client.get(URL).headers) == {"X-A": "caf\xe9", "X-N": "5", "Content-Length": "0"}


@pytest.mark.parametrize("body", [b"abcdef", [b"ab", b"cd", b"ef"]])
def test_a_body_longer_than_its_declared_length_is_cut_and_a_shorter_one_is_not_whole(
    canned: mock.RequestsMock, body: Any
) -> None:
    canned.get(URL, body, headers={"Content-Length": "3"})
    canned.post(URL, body, headers={"Content-Length": "9"})
    assert text() == "abc"
    with pytest.raises(client.exceptions.ChunkedEncodingError, match="3 more expected"):
        client.post(URL)


def test_what_a_callback_gives_in_pieces_is_not_kept(canned: mock.RequestsMock) -> None:
    canned.add_callback("GET", URL, lambda request: (200, {}, (bytes(1 << 20) for _ in range(20))))
    tracemalloc.start()
    try:
        with client.get(URL, stream=True) as response:
            assert sum(map(len, response.iter_content(1 << 16))) == 20 << 20
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_an_error_that_is_raised_again_has_nothing_of_the_time_before(canned: mock.RequestsMock) -> None:
    canned.get(re.compile(URL), body=client.ConnectionError("canned"))
    depths = []
    for each in ("/1", "/2"):
        with pytest.raises(client.ConnectionError, match="canned") as caught:
            client.get(URL + each)
        assert caught.value.request is not None and caught.value.request.url == URL + each
        depths.append(len(caught.traceback))
    assert depths[0] == depths[1]


def test_a_body_that_tells_its_place_and_cannot_go_back_is_sent_whole(canned: mock.RequestsMock) -> None:
    class Body:
        def __init__(self) -> None:
            self._file = io.BytesIO(b"whole")
            self.read, self.tell = self._file.read, self._file.tell

    canned.post(URL)
    client.post(URL, data=Body())  # type: ignore[arg-type]
    assert canned.calls[0].request.body == b"whole"


def test_a_callback_is_called_with_the_very_request(canned: mock.RequestsMock) -> None:
    seen: list[Any] = []

    def callback(request: Any) -> tuple[int, Any, str]:
        seen.append(request)
        return 201, [("X-A", "1"), ("X-A", "2")], json.dumps({"sum": sum(json.loads(request.body))})

    registered = canned.add_callback(
        "POST", re.compile("http://api.test/.*"), callback, content_type="application/json"
    )
    response = client.post(URL, params={"q": "x"}, json=[1, 2])
    assert response.json() == {"sum": 3} and response.headers["x-a"] == "1, 2"
    assert seen == [response.request] and seen[0].params == {"q": "x"}
    call = canned.calls[0]
    assert (call.request, call.response) == tuple(call) and call.response is response
    assert registered.calls[0] is call and registered.call_count == 1
    assert canned.assert_call_count(URL + "?q=x", 1) is True
    with pytest.raises(AssertionError, match=r"Expected URL '.*' to be called 2 times. Called 0 times."):
        canned.assert_call_count(URL, 2)


def test_a_response_callback_says_what_the_caller_gets() -> None:
    def marked(response: client.Response) -> client.Response:
        response.headers["X-Marked"] = "yes"
        return response

    with mock.RequestsMock(response_callback=marked) as canned:
        canned.get(URL)
        assert client.get(URL).headers["X-Marked"] == "yes"


# -- a miss --------------------------------------------------------------------------------------------------------


def test_a_miss_lists_the_nearest_first_with_what_was_wanted_and_what_came(canned: mock.RequestsMock) -> None:
    canned.post("https://other.test/", body="far")
    canned.get("http://api.test/v2")
    canned.post(URL)
    canned.get(URL, match=[matchers.query_param_matcher({"page": "1"})])
    with pytest.raises(client.ConnectionError) as missed:
        client.get(URL, params={"page": "2"})
    lines = str(missed.value).splitlines()
    assert lines[0] == "No canned response fits this request: GET http://api.test/v1?page=2"
    assert [line.split()[1:3] for line in lines[2:]] == [
        ["GET", "http://api.test/v1"],
        ["POST", "http://api.test/v1"],
        ["GET", "http://api.test/v2"],
        ["POST", "https://other.test/"],
    ]
    assert "Parameters do not match. {'page': '2'} doesn't match {'page': '1'}" in lines[2]
    assert "Method does not match: wanted POST, came GET" in lines[3]
    assert "URL does not match: wanted http://api.test/v2, came http://api.test/v1" in lines[4]
    assert missed.value.request is not None and canned.calls[0].response is missed.value


def test_a_miss_by_user_and_password_says_so(canned: mock.RequestsMock) -> None:
    canned.get(URL)
    with pytest.raises(
        client.ConnectionError, match=f"wanted {URL}, came {URL} with another user or password"
    ) as missed:
        client.get(URL.replace("://", "://ada:hush@"))
    assert "hush" not in str(missed.value)


def test_a_miss_shows_no_secret(canned: mock.RequestsMock) -> None:
    canned.get("http://user:hush@api.test/v1?api_key=hush", match=[matchers.query_param_matcher({"token": "hush"})])
    canned.post(URL, match=[matchers.header_matcher({"Authorization": "hush", "Cookie": re.compile("hush")})])
    canned.post(URL, match=[matchers.json_params_matcher({"user": {"password": "hush"}})])
    canned.post(URL, match=[matchers.urlencoded_params_matcher({"passwd": "hush"})])
    canned.post(URL, match=[matchers.body_matcher('{"password": "hush"}')])
    canned.post(URL, match=[matchers.multipart_matcher({"f": b"x"}, {"password": "hush"})])
    canned.add_passthru("http://me:hush@through.test/?access_key=hush")
    for call in (
        lambda: client.get("http://user:hush2@api.test/v1?api_key=hush2&token=hush2"),
        lambda: client.post(URL, data="a=b&secret=hush2", headers={"Authorization": "hush2", "Cookie": "hush2"}),
        lambda: client.post(URL, json={"user": {"password": "hush2"}}),
        lambda: client.post(URL, data={"password": "hush2"}, files={"f": b"y"}),
    ):
        with pytest.raises(client.ConnectionError) as missed:
            call()
        assert "hush" not in str(missed.value), str(missed.value)


def test_a_miss_is_short_however_much_is_registered(canned: mock.RequestsMock) -> None:
    for number in range(500):
        canned.get(f"http://api.test/{number}?{'x' * 5000}")
    with pytest.raises(client.ConnectionError, match="and 480 more") as missed:
        client.get(URL)
    assert len(str(missed.value)) < 50_000


@pytest.mark.parametrize(
    ("matcher", "sent"),
    [
        (matchers.request_kwargs_matcher({"proxies": {"http": "http://me:hush@p.test"}}), {}),
        (matchers.request_kwargs_matcher({"cert": None}), {"cert": (b"hush", b"hush")}),
        (matchers.fragment_identifier_matcher("a=b"), {"url": URL + "#access_token=hush"}),
        (matchers.body_matcher("x"), {"data": "password=hush\n"}),
        (matchers.body_matcher("x"), {"data": '{"password": "hush"}\n{"password": "hush"}\n'}),
    ],
)
def test_a_miss_shows_no_secret_of_a_keyword_a_fragment_or_a_line(
    canned: mock.RequestsMock, matcher: Any, sent: dict[str, Any]
) -> None:
    canned.post(URL, match=[matcher])
    canned.post(re.compile(r"http://other\.test/\?token=hush"))
    canned.add_passthru(re.compile(r"http://through\.test/\?token=hush"))
    with pytest.raises(client.ConnectionError) as missed:
        client.post(**{"url": URL, **sent})
    assert "hush" not in str(missed.value), str(missed.value)


def test_a_matcher_is_not_asked_about_requests_of_another_url_or_method(canned: mock.RequestsMock) -> None:
    def says_one(request: Any) -> tuple[bool, str]:
        return json.loads(request.body)["a"] == 1, "not one"

    canned.post(URL, match=[matchers.header_matcher({"X": "1"}), says_one])
    for method, headers, said in (("GET", {}, "Method does not match"), ("POST", {}, "Headers do not match")):
        with pytest.raises(client.ConnectionError, match=said):
            client.request(method, URL, headers=headers)


# -- when it is active ----------------------------------------------------------------------------------------------


def test_activate_keeps_the_signature_and_the_mock_ends_with_the_function() -> None:
    def function(a: int, b: str = "x", *, c: bytes = b"") -> str:
        """Documented."""
        mock.get(URL, body="canned")
        return text() + b

    active = mock.activate(function)
    assert inspect.signature(active) == inspect.signature(function) and active.__doc__ == "Documented."
    assert active(1) == "cannedx"
    assert mock.registered() == [] and len(mock.calls) == 0 and mock.pauses == []


def test_activate_is_for_coroutine_functions_generators_and_methods() -> None:
    @mock.activate
    async def coroutine() -> str:
        mock.get(URL, body="async")
        await asyncio.sleep(0)
        return text()

    @mock.activate
    def generator() -> Iterator[str]:
        mock.get(URL, body="yielded")
        yield text()

    @mock.activate
    async def async_generator() -> Any:
        mock.get(URL, body="one by one")
        yield text()

    async def first() -> str:
        return str(await async_generator().__anext__())

    class Case:
        @mock.activate(assert_all_requests_are_fired=True)
        def method(self) -> str:
            mock.get(URL, body="method")
            return text()

    assert asyncio.run(coroutine()) == "async"
    assert list(generator()) == ["yielded"]
    assert asyncio.run(first()) == "one by one"
    assert Case().method() == "method"


def test_an_async_generator_that_is_closed_ends_before_its_mock() -> None:
    seen = []

    @mock.activate
    async def numbers() -> AsyncGenerator[int, None]:
        try:
            mock.get(URL, "in time")
            yield 1
        finally:
            seen.append(text())

    async def close_early() -> None:
        made = numbers()
        await made.__anext__()
        await made.aclose()

    asyncio.run(close_early())
    assert seen == ["in time"]


def test_threads_start_and_stop_mocks_of_their_own() -> None:
    from httpcore_lite.urllib3_api._settings import active

    def start_and_stop(_: int) -> bool:
        found = True
        for _ in range(3000):
            made = mock.RequestsMock()
            made.start()
            found = found and active.mocked is not None
            made.stop(allow_assert=False)
        return found

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as executor:
            assert all(executor.map(start_and_stop, range(8)))
    finally:
        sys.setswitchinterval(before)
    assert active.mocked is None


def test_what_was_never_asked_for_is_told_at_the_end() -> None:
    with pytest.raises(
        AssertionError, match=r"Not all requests have been executed \[\('GET', 'http://api.test/v1'\)\]"
    ):
        with mock.RequestsMock() as canned:
            canned.get(URL)

    @mock.activate(assert_all_requests_are_fired=True)
    def run() -> None:
        mock.get(URL)

    with pytest.raises(AssertionError, match="Not all requests"):
        run()
    assert mock.mock.assert_all_requests_are_fired is False


def test_an_error_of_the_test_s_own_is_raised_and_the_unfired_stand_in_its_note() -> None:
    with pytest.raises(KeyError) as raised:
        with mock.RequestsMock() as canned:
            canned.get(URL)
            try:
                raise ValueError("first")
            except ValueError:
                raise KeyError("its own")  # noqa: B904
    if sys.version_info >= (3, 11):
        assert raised.value.__notes__ == ["Not all requests have been executed [('GET', 'http://api.test/v1')]"]
    else:
        assert raised.value.__context__ is not None
        assert "Not all requests" in str(raised.value.__context__.__context__)


def test_a_failure_that_pytest_raises_has_the_note_as_well() -> None:
    with pytest.raises(pytest.fail.Exception) as raised:
        with mock.RequestsMock() as canned:
            canned.get(URL)
            pytest.fail("on purpose")
    if sys.version_info >= (3, 11):
        assert "Not all requests" in raised.value.__notes__[0]


def test_start_and_stop_are_for_set_up_and_tear_down() -> None:
    canned = mock.RequestsMock()
    canned.start()
    canned.start()
    canned.get(URL, body="here")
    assert text() == "here"
    canned.stop()
    canned.put(URL)
    with pytest.raises(AssertionError, match="PUT"):
        canned.stop()
    canned.stop(allow_assert=False)
    canned.reset()


def test_an_inner_activation_ends_and_nothing_leaves_until_the_outer_one_does() -> None:
    @mock.activate
    def inner() -> str:
        return text()

    @mock.activate
    def outer() -> None:
        mock.get(URL, body="both")
        assert inner() == "both"
        with pytest.raises(client.ConnectionError, match="No canned response fits"):
            text()

    outer()


def test_what_was_registered_before_counts() -> None:
    mock.get(URL, body="from set-up")

    @mock.activate
    def run() -> str:
        return text()

    assert run() == "from set-up"


@pytest.mark.parametrize(
    ("prefix", "passing", "others"),
    [
        (
            "http://localhost",
            ["http://localhost/", "http://localhost:8000/a", "http://localhost/?a"],
            ["http://localhost.test/", "http://localhost:80@other.test/", "https://localhost/"],
        ),
        ("http://localhost/", ["http://localhost/a"], ["http://localhost:8000/"]),
        ("http://localhost:8000", ["http://localhost:8000/a"], ["http://localhost:80001/", "http://localhost/"]),
        ("http://localhost/a", ["http://localhost/ab"], ["http://localhost/b"]),
        ("http://", ["http://any.test/"], ["https://any.test/"]),
    ],
)
def test_what_passes_through_begins_so(
    canned: mock.RequestsMock, prefix: str, passing: list[str], others: list[str]
) -> None:
    canned.add_passthru(prefix)
    assert [canned.passes(each) for each in passing + others] == [True] * len(passing) + [False] * len(others)


def test_passing_through_is_forgotten_at_the_end() -> None:
    with mock.RequestsMock(passthru_prefixes=("http://a.test/",)) as canned:
        canned.add_passthru(re.compile("http://b"))
        canned.add_passthru("http://bücher.test")
        assert canned.passthru_prefixes[-1] == "http://xn--bcher-kva.test"
    assert canned.passthru_prefixes == ()


# -- older names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["json_params_matcher", "urlencoded_params_matcher", "passthru_prefixes", "target"])
def test_the_older_names_work_and_warn(name: str) -> None:
    with pytest.warns(DeprecationWarning, match=name):
        getattr(mock, name)


@pytest.mark.parametrize("given", [{"stream": True}, {"match_querystring": True}])
def test_the_older_arguments_work_and_warn(canned: mock.RequestsMock, given: dict[str, Any]) -> None:
    with pytest.warns(DeprecationWarning, match=next(iter(given))) as warned:
        canned.get(URL, **given)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        canned.add_callback("GET", URL, lambda request: (200, {}, ""))


# -- mistakes ---------------------------------------------------------------------------------------------------------


MISTAKES: list[tuple[Any, type[Exception], str]] = [
    (lambda m: m.get(URL, fault="refuse"), ValueError, "takes one of 'refused', .* Did you mean 'refused'"),
    (lambda m: m.get(URL, fault="tls"), ValueError, "https://"),
    (lambda m: m.get(URL, fault="reset", body="x"), ValueError, "takes the place of a response"),
    (lambda m: m.get(URL, raw="HTTP/1.1 200 OK"), TypeError, "raw= takes bytes"),
    (lambda m: m.get(URL, raw=b"x", status=404), ValueError, "all that is sent"),
    (lambda m: m.get(URL, status=100), ValueError, "from 200 to 999"),
    (lambda m: m.get(URL, status="200"), ValueError, "from 200 to 999"),
    (lambda m: m.get(URL, body={"a": 1}), TypeError, "json= takes it"),
    (lambda m: m.get(URL, body="a", json=1), TypeError, "body= or json="),
    (lambda m: m.get(URL, match=lambda request: (True, "")), TypeError, "a list of matchers"),
    (lambda m: m.get(URL, match=[{"a": 1}]), TypeError, "functions of the request"),
    (lambda m: m.get(b"http://a/"), TypeError, "text or a compiled pattern"),
    (lambda m: m.get(URL, headers={"Content-Type": "a"}, content_type="b"), RuntimeError, "You cannot define both"),
    (lambda m: m.add(URL), TypeError, "for a method and a URL"),
    (lambda m: m.add(URL, "GET"), ValueError, "for a whole URL"),
    (lambda m: m.get("api.test/v1"), ValueError, "for a whole URL"),
    (lambda m: m.get(URL, headers=["X: 1"]), TypeError, "mapping, or pairs"),
    (lambda m: m.get(URL, headers="X: 1"), TypeError, "mapping, or pairs"),
    (lambda m: m.assert_call_count(re.compile("x"), 1), TypeError, "a URL as text"),
    (lambda m: matchers.query_param_matcher("a=1"), TypeError, "query_param_matcher takes a mapping"),
    (lambda m: matchers.header_matcher(["a"]), TypeError, "header_matcher takes a mapping"),
    (lambda m: matchers.request_kwargs_matcher({"timeot": 1}), TypeError, "timeout, verify, .*, not 'timeot'"),
    (lambda m: m.add(mock.Response("GET", URL), status=404), TypeError, "as it is"),
    (lambda m: m.get(URL, stauts=404), TypeError, "stauts"),
    (lambda m: m.add_callback("GET", URL, "x"), TypeError, "takes a function"),
    (lambda m: m.get(re.compile(b"http://a")), TypeError, "pattern of text"),
    (lambda m: m.add_passthru(b"http://a"), TypeError, "add_passthru takes"),
    (lambda m: m.remove("GET"), TypeError, "both are needed"),
    (lambda m: m._set_registry(registries.OrderedRegistry()), TypeError, "takes a class"),
    (lambda m: m.activate(type("Case", (), {})), TypeError, "decorates functions"),
    (lambda m: matchers.multipart_matcher({}), TypeError, "the files"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "error", "said"), MISTAKES)
def test_a_mistake_is_an_error_at_once(
    canned: mock.RequestsMock, mistake: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        mistake(canned)


@pytest.mark.parametrize(
    ("prepare", "error", "said"),
    [
        (
            lambda m: m.add_callback("GET", URL, lambda request: "ok"),
            TypeError,
            "has to return \\(status, headers, body",
        ),
        (lambda m: m.add_callback("GET", URL, lambda request: (7, {}, "")), ValueError, "from 200 to 999"),
        (lambda m: m.get(URL, match=[lambda request: True]), TypeError, "has to return \\(whether"),
        (lambda m: m.get(URL, headers={"X": "a\nb"}), ValueError, "cannot be sent"),
        (lambda m: m.get(re.compile("http://"), fault="tls"), ValueError, "there is no TLS"),
        (lambda m: m.get(URL, body=[1, 2]), TypeError, "pieces of a canned body"),
    ],
)
def test_a_mistake_that_shows_in_a_request_reaches_the_caller(
    canned: mock.RequestsMock, prepare: Any, error: type[Exception], said: str
) -> None:
    prepare(canned)
    with pytest.raises(error, match=said):
        client.get(URL)


def test_every_name_of_the_module_is_there() -> None:
    assert set(mock.__all__) <= set(dir(mock))
    for name in mock.__all__:
        getattr(mock, name)
    assert mock.mock.matchers is matchers
