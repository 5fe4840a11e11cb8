"""What programs put into an installed urllib3 or into http.client is obeyed: recorders, tracers, guards, mocks.

Each program runs in a process of its own, since such patches are for the process. Where it says so, it runs on requests
as well, and has to print the same.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from support.messages import chunked_response, response
from support.patches import PATCHED, run
from support.scripted import Peer, close, receive, send
from support.servers import EchoServer, ProxyServer, tls_echo_server

# -- packages ----------------------------------------------------------------------------------------------------------

RECORDED = """
import vcr
session.get(url + "/before")
with vcr.use_cassette(CASSETTE, record_mode="once"):
    print(session.get(url + "/bytes/5").content, session.post(url + "/headers?X-A=b", data={"a": "b"}).headers["X-A"])
print(session.get(url + "/after").status_code)
"""
PLAYED = """
import vcr
session.get(url + "/before")
with vcr.use_cassette(CASSETTE, record_mode="none") as tape:
    print(session.get(url + "/bytes/5").content, session.post(url + "/headers?X-A=b", data={"a": "b"}).headers["X-A"])
    print(type(failure(lambda: session.get(url + "/never"))).__name__, tape.play_count)
print(session.get(url + "/after").status_code)
"""


@pytest.mark.parametrize(
    ("recorder", "player"),
    [
        ("under its own name", "requests"),
        ("requests", "under its own name"),
        ("requests", "put into sys.modules"),
        ("installed as requests", "installed as requests"),
    ],
)
def test_a_cassette_is_recorded_and_played_by_either_client(recorder: str, player: str, tmp_path: Path) -> None:
    tape = f"CASSETTE = {str(tmp_path / 'tape.yaml')!r}\n"
    with EchoServer() as server:
        [content, status] = run(recorder, tape + RECORDED, server.url(""))
        assert (content.split()[1], status) == ("b", "200")
        seen = [request.target for request in server.requests]
        assert seen == ["/before", "/bytes/5", "/headers?X-A=b", "/after"]
        played = run(player, tape + PLAYED, server.url(""))
        assert played == [content, "CannotOverwriteExistingCassetteException 2", "200"]
        assert [request.target for request in server.requests][4:] == ["/before", "/after"]


SENTRY = """
import sentry_sdk
kept = []
keep = lambda event, hint: kept.append(event)
class Nowhere(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope): pass
options = {"traces_sample_rate": 1.0, "before_send_transaction": keep, "transport": Nowhere}
sentry_sdk.init(dsn="http://key@127.0.0.1:1/1", **options)
with sentry_sdk.start_transaction(name="t"):
    told = {name.lower(): value for name, value in session.get(url + "/a?b=c").json()["headers"]}
print("sentry-trace" in told)
spans = [span for event in kept for span in event["spans"]]
print([(span["op"], span["data"]["http.response.status_code"], span["data"]["url"] == url + "/a") for span in spans])
"""


@pytest.mark.parametrize("client", ["under its own name", "installed as requests", "requests"])
def test_sentry_adds_its_header_and_its_span(client: str) -> None:
    with EchoServer() as server:
        assert run(client, SENTRY, server.url("")) == ["True", "[('http.client', 200, True)]"]


OPENTELEMETRY = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util.http.httplib import HttpClientInstrumentor, set_ip_on_next_http_connection
session.get(url + "/idle")
tracer = TracerProvider().get_tracer("t")
for instrumented in (True, False):
    getattr(HttpClientInstrumentor(), "instrument" if instrumented else "uninstrument")()
    with tracer.start_as_current_span("s") as span, set_ip_on_next_http_connection(span):
        client.get(url + "/a")
    print(dict(span.attributes))
"""


@pytest.mark.parametrize("client", ["under its own name", "installed as requests", "requests"])
def test_opentelemetry_notes_the_address_of_the_peer(client: str) -> None:
    with EchoServer() as server:
        assert run(client, OPENTELEMETRY, server.url("")) == ["{'net.peer.ip': '127.0.0.1'}", "{}"]


POOK = """
import pook
print(session.get(url + "/a").status_code)
with pook.use():
    pook.get(url + "/a", reply=404, response_json={"x": 1})
    response = session.get(url + "/a")
    print(response.status_code, response.json(), type(failure(lambda: session.get(url + "/b"))).__name__)
print(session.get(url + "/a").status_code)
"""


@pytest.mark.parametrize("client", ["under its own name", "installed as requests", "requests"])
def test_pook_responds_in_the_place_of_the_network(client: str) -> None:
    with EchoServer() as server:
        assert run(client, POOK, server.url(""))[:1] == ["200"]
        assert run(client, POOK, server.url("")) == run("requests", POOK, server.url(""))


# -- guards in create_connection ---------------------------------------------------------------------------------------

GUARD = """
import socket, urllib3.util.connection
original = urllib3.util.connection.create_connection
class Forbidden(Exception): pass
calls = []
def guard(address, timeout=None, *args, **kw):
    calls.append((address[0], sorted(kw)))
    if address[0] == "inner.test":
        raise Forbidden(address[0])
    return original(("127.0.0.1", address[1]), timeout, *args, **kw)
session.get(url + "/idle")
with mock.patch("urllib3.util.connection.create_connection", guard):
    there = url.replace("127.0.0.1", "outer.test")
    print(*[session.get(where).status_code for where in (there + "/1", there + "/2", url + "/3")])
    print(type(failure(lambda: session.get(url.replace("127.0.0.1", "inner.test")))).__name__)
    print(calls)
print(type(failure(lambda: session.get(there + "/4"))).__name__, len(calls))
"""


@pytest.mark.parametrize("client", ["under its own name", "installed as requests", "requests"])
def test_what_replaces_create_connection_opens_every_connection(client: str) -> None:
    keywords = ["socket_options", "source_address"]
    with EchoServer() as server:
        lines = run(client, GUARD, server.url(""))
    assert lines[:2] == ["200 200 200", "Forbidden"]
    made = [("outer.test", keywords), ("127.0.0.1", keywords), ("inner.test", keywords)]
    if client == "requests":
        made.pop(1)  # it goes on with the connection that was open before the guard came
        lines[3] = lines[3].replace("2", "3")
    assert lines[2] == str(made)
    if client != "requests":
        assert lines[3] == "ConnectionError 3"


JUDGED = """
import urllib3.util.connection
original = urllib3.util.connection.create_connection
to_loopback = lambda address, *args, **kw: original(("127.0.0.1", address[1]), *args, **kw)
urllib3.util.connection.create_connection = to_loopback
there = url.replace("127.0.0.1", "outer.test")
for allowed in (True, False):
    shown = []
    guarded = client.Session(allow_address=lambda address: shown.append(str(address)) or allowed)
    error = failure(lambda: guarded.get(there + "/a"))
    print(shown, type(error).__name__, "allow_address refused" in str(error))
resolver = lambda host, port: ["127.0.0.1"]
for options in ({"resolver": resolver}, {"resolve": {"outer.test:80": "127.0.0.1"}}, {"uds": "/x"}):
    error = failure(lambda: client.Session(**options).get(there + "/b"))
    print(type(error) is client.RequestException, all(word in str(error) for word in (*options, "create_connection")))
"""


def test_allow_address_judges_where_a_connection_of_the_programs_own_leads() -> None:
    with EchoServer() as server:
        lines = run("under its own name", JUDGED, server.url(""))
        assert [request.target for request in server.requests] == ["/a"]
    assert lines[:2] == ["['127.0.0.1'] NoneType False", "['127.0.0.1'] ConnectionError True"]
    assert lines[2:] == ["True True"] * 3


FAILING = """
import socket, urllib3.util.connection
def failing(error):
    def connect(*args, **kw):
        raise error
    return connect
for error in (TimeoutError("x"), ConnectionRefusedError(111, "x"), socket.gaierror(-2, "x"), ValueError("x")):
    with mock.patch("urllib3.util.connection.create_connection", failing(error)):
        caught = failure(lambda: session.get(url, timeout=3))
        print(type(caught).__name__, type(getattr(caught.args[0], "reason", None)).__name__)
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_errors_of_a_connection_of_the_programs_own_are_those_of_dialling(client: str) -> None:
    assert run(client, FAILING, "http://127.0.0.1:1/") == [
        "ConnectTimeout ConnectTimeoutError",
        "ConnectionError NewConnectionError",
        "ConnectionError NameResolutionError",
        "ValueError NoneType",
    ]


# -- what counts as a patch --------------------------------------------------------------------------------------------

EVERY = """
import http.client, types, urllib3.connection, urllib3.connectionpool
import wrapt
from httpcore_lite.urllib3_api.installed.patches import survey
assert survey().patched == () and survey() is survey()
kinds = {
    "function": lambda value: lambda *args, **kw: value,
    "mock": lambda value: mock.MagicMock(),
    "wrapt": lambda value: wrapt.FunctionWrapper(value, lambda wrapped, instance, args, kw: wrapped(*args, **kw)),
    "static": lambda value: staticmethod(lambda *args: None),
    "class": lambda value: classmethod(lambda *args: None),
    "property": lambda value: property(lambda self: None),
}
for module, name in (
    (http.client, "HTTPConnection"), (urllib3.connection, "HTTPConnection"), (urllib3.connection, "HTTPSConnection"),
    (urllib3.connectionpool, "HTTPConnectionPool"), (urllib3.connectionpool, "HTTPSConnectionPool"),
):
    cls = getattr(module, name)
    names = {key for key, value in vars(cls).items() if type(value) is types.FunctionType}
    for key in {*names, *(["urlopen"] if "Pool" in name else ["connect", "getresponse"])}:
        for kind, make in kinds.items():
            with mock.patch.object(cls, key, make(getattr(cls, key))):
                assert survey().patched == (f"{module.__name__}.{name}.{key}",), (key, kind, survey().patched)
            assert survey().patched == ()
    if "Pool" in name:
        with mock.patch.object(cls, "ConnectionCls", type("Mine", (cls.ConnectionCls,), {})):
            assert survey().patched == (f"{module.__name__}.{name}.ConnectionCls",)
    for key in ("response_class", "debuglevel", "anything"):
        with mock.patch.object(cls, key, mock.Mock(), create=True):
            assert survey().patched == ()
    assert survey().patched == ()
with mock.patch("urllib3.util.connection.create_connection"):
    assert survey().opener is urllib3.util.connection.create_connection
    with mock.patch("urllib3.connection.HTTPConnection.connect"):
        assert len(survey().patched) == 2 and survey().opener is None
assert survey().opener is None
print("done")
"""


LATER = """
import http.client
from httpcore_lite.urllib3_api.installed.patches import survey
assert survey().options is None and survey() is survey()
import httpcore_lite.packages.urllib3.connection as ours
ours.HTTPConnection.default_socket_options = [(1, 2, 3)]
assert survey().options == ((1, 2, 3),)
ours.HTTPConnection.default_socket_options += [(4, 5, 6)]
assert survey().options == ((1, 2, 3), (4, 5, 6))
import urllib3.connection, urllib3.connectionpool
assert survey() is survey()
theirs = urllib3.connection.HTTPConnection
theirs.default_socket_options.append((7, 8, 9))
assert (7, 8, 9) in survey().options
send = http.client.HTTPConnection.send
del http.client.HTTPConnection.send
survey()
http.client.HTTPConnection.send = lambda self, data: None
assert survey().patched == ("http.client.HTTPConnection.send",)
http.client.HTTPConnection.send = send  # comes last now
assert survey().patched == () and survey() is survey()
http.client.HTTPConnection.send = lambda self, data: None
assert survey().patched == ("http.client.HTTPConnection.send",)
print("done")
"""


def test_what_is_set_loaded_taken_out_or_moved_later_is_seen() -> None:
    assert run("under its own name", LATER, "http://127.0.0.1:1/") == ["done"]


def test_every_method_that_is_replaced_is_seen_and_so_is_its_return() -> None:
    assert run("under its own name", EVERY, "http://127.0.0.1:1/") == ["done"]


SAYS = """
import logging, io
text = io.StringIO()
logging.basicConfig(stream=text, level=logging.INFO, format="%(name)s %(message)s")
import urllib3
for _ in range(3):
    original = urllib3.HTTPConnectionPool.urlopen
    changed = lambda self, *args, **kw: original(self, *args, **kw)
    with mock.patch.object(urllib3.HTTPConnectionPool, "urlopen", changed):
        session.get(url)
    session.get(url)
print(text.getvalue())
"""


def test_the_log_says_once_what_was_found() -> None:
    with EchoServer() as server:
        lines = [line for line in run("under its own name", SAYS, server.url("/")) if line.startswith("httpcore_lite ")]
    assert lines == [
        "httpcore_lite urllib3.connectionpool.HTTPConnectionPool.urlopen was replaced: requests go through the "
        "installed urllib3"
    ]


NOT_INSTALLED = """
import http.client
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        with mock.patch("http.client.HTTPConnection.connect"):
            print(session.get(url).status_code, session.get(url).status_code)
print([(warning.category.__name__, "http.client.HTTPConnection.connect" in str(warning.message)) for warning in caught])
"""


def test_a_patched_http_client_without_urllib3_is_a_warning_once() -> None:
    with EchoServer() as server:
        lines = run(
            "under its own name", NOT_INSTALLED, server.url("/"), first="import sys; sys.modules['urllib3'] = None"
        )
    assert lines == ["200 200", "200 200", "[('RequestsWarning', True)]"]


# -- what works on that way --------------------------------------------------------------------------------------------

STORY = """
response = session.get(url + "/cookies/set?a=1")
print(response.cookies.get_dict(), session.get(url + "/x", params={"q": "ä"}).json()["target"])
response = session.get(url + "/redirect/303?to=/bytes/3")
print([hop.status_code for hop in response.history], response.content)
response = session.post(url + "/p", data=iter([b"ab", b"c"]))
print(response.json()["body"], dict(response.json()["headers"]).get("Transfer-Encoding"))
print(session.post(url + "/p", files={"f": ("n", b"data")}).json()["body"].count("data"))
with session.get(url + "/chunks/5", stream=True) as response:
    print(response.raw.status, len(b"".join(response.iter_content(2))))
print(session.get(url + "/gzip").text[:20], session.head(url + "/bytes/9").headers["Content-Length"])
print(failure(lambda: session.get(url + "/status/404").raise_for_status()).response.status_code)
print(session.get(url + "/digest/me", auth=client.auth.HTTPDigestAuth("me", "secret")).status_code)
print(session.get(url + "/basic/u/p", auth=("u", "p")).status_code, len(sent))
print([session.get(url + "/x").json()["connection"] for _ in range(2)])
"""


@pytest.mark.parametrize("client", ["under its own name", "put into sys.modules"])
def test_a_session_does_there_what_it_does_on_requests(client: str) -> None:
    with EchoServer() as server:
        expected = run("requests", PATCHED + STORY, server.url(""))
        assert run(client, PATCHED + STORY, server.url(""))[:-1] == expected[:-1]
        with tls_echo_server() as secure:
            assert run(client, PATCHED + STORY, secure.url(""))[:-1] == expected[:-1]


FAULTS = """
from urllib3.util import Retry
def tell(call):
    error = failure(call)
    reason = getattr(error.args[0], "reason", None) if error and error.args else None
    print(type(error).__name__, type(error.args[0]).__name__ if error.args else None, type(reason).__name__)
tell(lambda: session.get("http://127.0.0.1:1/"))
tell(lambda: session.get(url, timeout=(5, 0.2)))
tell(lambda: session.get(url, timeout=(5, 0.2)))
session.mount("http://", client.adapters.HTTPAdapter(max_retries=Retry(2, status_forcelist=[503], backoff_factor=0)))
tell(lambda: session.get(url, timeout=5))
tell(lambda: session.get(url, timeout=(5, 0.5)))
tell(lambda: session.get(url, proxies={"http": "http://127.0.0.1:1"}, timeout=5))
print(len(sent))
"""


def test_errors_and_retries_there_are_those_of_requests() -> None:
    unavailable = [receive(), send(response(b"", status=503, headers=[("Connection", "close")])), close()]
    told = []
    for client in ("requests", "under its own name"):
        scripts = [
            [receive(), receive()],
            [receive(), send(response(b"", headers=[("Content-Length", "5")])[:20]), receive()],
            *[unavailable] * 3,
            *[[receive()]] * 3,
        ]
        with Peer(*scripts) as server:
            told.append(run(client, PATCHED + FAULTS, server.url("/")))
    assert told[1] == told[0]


THROUGH = """
proxy = PROXY
expected = url + "/x" if url[:5] == "http:" else "/x"
print(session.get(url + "/x", proxies={"all": proxy}).status_code, sent[-1][1] == expected)
print(session.get(url + "/x", proxies={"all": proxy.replace("//", "//u:p@")}).status_code)
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
@pytest.mark.parametrize("secure", [False, True])
def test_proxies_are_used_there_as_on_requests(client: str, secure: bool) -> None:
    with ProxyServer() as proxy, tls_echo_server() if secure else EchoServer() as server:
        program = PATCHED + f"PROXY = {proxy.url('')!r}" + THROUGH
        assert run(client, program, server.url("")) == ["200 True", "200"]
        assert [request.get("Proxy-Authorization") for request in proxy.requests] == [None, "Basic dTpw"]
        assert {request.get("Proxy-Authorization") for request in server.requests} <= {None}


SECURE = """
import ssl
print(type(failure(lambda: session.get(url, verify=True))).__name__)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(session.get(url, verify=False).status_code, [warning.category.__name__ for warning in caught])
print(session.get(url).status_code, isinstance(failure(lambda: session.get(url, verify="/no/such/file")), OSError))
if client.__name__ == "httpcore_lite":
    pem = open(sys.argv[2], "rb").read()
    context = ssl.create_default_context(cafile=sys.argv[2])
    print(session.get(url, verify=context).status_code, client.Session(ca_data=pem).get(url).status_code)
    error = failure(lambda: client.Session(ca_data=pem, assert_fingerprint="00" * 32).get(url))
    print(type(error).__name__, "assert_fingerprint" in str(error), "putrequest" in str(error))
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_tls_settings_hold_there(client: str) -> None:
    with tls_echo_server() as server:
        lines = run(client, PATCHED + SECURE, server.url("/"))
    assert lines[:2] == ["SSLError", "200 ['InsecureRequestWarning']"]
    assert lines[2] == "200 True"
    if client != "requests":
        assert lines[3:] == ["200 200", "RequestException True True"]


REFUSED = """
for options in (
    {"allow_address": lambda address: True}, {"resolver": lambda host, port: ["127.0.0.1"]},
    {"resolve": {"a.test:80": "127.0.0.1"}}, {"uds": "/x"}, {"family": 2}, {"assert_fingerprint": "00" * 32},
):
    error = failure(lambda: client.Session(**options).get(url))
    named = all(word in str(error) for word in (*options, "putrequest"))
    print(type(error) is client.RequestException, error.request.url == url, named)
error = failure(lambda: session.post(url, data=b"x", trailers={"A": "b"}))
print(type(error) is client.RequestException, "trailers" in str(error))
"""


def test_what_only_our_transport_keeps_is_refused_before_anything_is_sent() -> None:
    with EchoServer() as server:
        assert run("under its own name", PATCHED + REFUSED, server.url("/")) == ["True True True"] * 6 + ["True True"]
        assert server.connections == 0


BOUNDED = """
import time
def tell(call):
    began = time.monotonic()
    error = failure(call)
    print(type(error).__name__, time.monotonic() - began < 5)
T = client.Timeouts
tell(lambda: session.get(url + "/drip", timeout=T(total=0.5)))
tell(lambda: session.get(url + "/drip", timeout=T(total=0.5), retries=client.Retry(5, backoff_factor=10)))
tell(lambda: session.get(url + "/late", timeout=T(total=0.5, read=5), retries=client.Retry(5, status_forcelist=[503])))
tell(lambda: session.get(url + "/big", max_response_size=1000))
tell(lambda: session.get(url + "/big", max_response_size=1000, stream=True).raw.read())
tell(lambda: session.get(url + "/chunked", max_response_size=1000))
tell(lambda: session.get(url + "/bomb", max_response_size=100_000))
tell(lambda: session.get(url + "/bomb", max_decode_ratio=50))
seen = []
limits = {"max_response_size": 5000, "max_decode_ratio": 5, "on_download": lambda *told: seen.append(told)}
response = session.get(url + "/big", timeout=T(total=5), **limits)
print(len(response.content), seen[-1], bool(sent))
with session.get(url + "/chunked", timeout=T(total=5), stream=True) as response:
    print(len(response.raw.read(7)), sum(map(len, response.iter_content(100))))
"""


def test_limits_are_kept_above_the_other_pool() -> None:
    def respond(request: object) -> bytes:
        target = request.target  # type: ignore[attr-defined]
        if target == "/big":
            return response(b"x" * 5000)
        if target == "/chunked":
            return chunked_response(*[b"x" * 500] * 10)
        if target == "/late":
            return response(b"", status=503, headers=[("Retry-After", "60")])
        if target == "/drip":
            return response(b"", headers=[("Content-Length", "100000")])
        return response(gzip.compress(bytes(1 << 21)), headers=[("Content-Encoding", "gzip")])

    with EchoServer(respond) as server:
        lines = run("under its own name", PATCHED + BOUNDED, server.url(""))
    assert lines[:3] == ["ReadTimeout True"] * 2 + ["ReadTimeout True"]
    assert lines[3:8] == ["ResponseTooLarge True"] * 5
    assert lines[8] == "5000 (5000, 5000) True"
    assert lines[9] == "7 4993"
