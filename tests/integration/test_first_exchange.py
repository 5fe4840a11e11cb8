"""The first exchange of a process: its connection is under way while h11, and what TLS needs, are loaded."""

from __future__ import annotations

import importlib.util
import json
import textwrap
from typing import Any

import pytest

from support.messages import response
from support.programs import run_program
from support.scripted import Peer, closed_port, receive, receive_bytes, send
from support.servers import EchoServer, ProxyServer, tls_echo_server

# Tells of each connection that is begun what is loaded by then.
WATCH = """
import sys

def _heard(event, args):
    if event == "socket.connect" and watching:
        loaded = [name for name in ("h11", "ssl", "httpcore_lite.transport.connectors.tls") if name in sys.modules]
        begun.append((args[1][1], *loaded))

begun, watching = [], []
sys.addaudithook(_heard)
"""

# An import of h11 goes wrong, or does what else a test wants, once.
INTERFERE = """
class Interfering:
    def find_spec(self, name, path=None, target=None):
        if name == "h11":
            sys.meta_path.remove(self)
            happens()

def interfere(function):
    global happens
    happens = function
    sys.meta_path.insert(0, Interfering())
"""
START = "import json\nwatching.append(True)\n"


def run(source: str, url: str, *, first: str = "", strict: bool = True) -> Any:
    """Run a program that prints JSON, the first exchange of its process before it."""
    return json.loads(run_program(INTERFERE + START + source, url, first=first + WATCH, strict=strict))


GET = "print(json.dumps([new_session().get(url).status_code, begun]))"


def test_a_connection_is_begun_before_h11_is_loaded() -> None:
    with EchoServer() as server:
        status, begun = run(GET, server.url("/"))
    assert status == 200
    assert begun == [[server.port]]


def test_a_connection_for_tls_is_begun_before_ssl_is_loaded() -> None:
    with tls_echo_server() as server:
        status, begun = run(GET, server.url("/"))
    assert status == 200
    assert begun == [[server.port]]


PLAIN = {
    "a body of a known length": "client.post(url, data={'a': 'b'}).json()['body']",
    "secrets": "client.get(url, auth=('me', 'secret'), cookies={'a': 'b'}).text",
    "a callback that watches": "client.get(url, trace=lambda event, info: None).text",
    "options of the exchange": "client.get(url, timeout=client.Timeouts(connect=3, read=3, total=20)).text",
    "a body that is read later": "client.get(url, stream=True).raw.read(10).decode()",
}


@pytest.mark.parametrize("case", PLAIN)
def test_every_plain_head_is_left_to_be_made_later(case: str) -> None:
    with EchoServer() as server:
        said, begun = run(f"print(json.dumps([{PLAIN[case]}, begun]))", server.url("/"))
    assert said
    assert len(begun) == 1
    assert "h11" not in begun[0]


def test_a_head_that_is_not_plain_is_judged_before_connecting() -> None:
    source = "print(json.dumps([new_session().post(url, data=iter([b'a', b'b'])).status_code, begun]))"
    with EchoServer() as server:
        status, begun = run(source, server.url("/"))
    assert status == 200
    assert begun == [[server.port, "h11"]]


@pytest.mark.parametrize(
    "head",
    ["headers={'a b': 'c'}", "headers={'a': 'b\\0c'}", "headers={'Content-Length': 'x'}"],
)
def test_a_head_that_cannot_be_sent_begins_no_connection(head: str) -> None:
    source = f"""
    try:
        new_session().get(url, {head})
    except client.exceptions.InvalidHeader:
        print(json.dumps(begun))
    """
    with EchoServer() as server:
        assert run(textwrap.dedent(source), server.url("/")) == []


BROKEN = """
class Ours(BaseException):
    pass

def happens_now():
    raise failure

session = new_session(**adapter)
for failure in (ImportError("no h11 here"), KeyboardInterrupt(), Ours()):
    interfere(happens_now)
    before = descriptors()
    try:
        session.get(url)
    except BaseException as error:
        assert error is failure, error
        error.__traceback__ = None
    else:
        raise AssertionError("nothing was raised")
    assert descriptors() == before, "a socket is left open"
    assert stats(session).open == 0
assert begun, "nothing was begun"
print(json.dumps([session.get(url).status_code, stats(session).open]))
"""


@pytest.mark.parametrize("adapter", ["{}", "{'pool_maxsize': 1, 'pool_block': True}"])
def test_what_breaks_off_the_loading_closes_the_socket_and_is_raised_as_it_is(adapter: str) -> None:
    with EchoServer() as server:
        assert run(BROKEN.replace("**adapter", f"**{adapter}"), server.url("/")) == [200, 1]


def test_a_bundle_that_holds_nothing_closes_what_was_begun() -> None:
    source = """
    import tempfile
    session = new_session()
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write("nothing of use")
        file.flush()
        try:
            session.get(url, verify=file.name)
        except client.exceptions.SSLError as error:
            assert "no CA certificate can be read" in str(error), error
    print(json.dumps([len(begun), stats(session).open]))
    """
    with tls_echo_server() as server:
        # An unclosed socket would be a warning, and so an error.
        assert run(textwrap.dedent(source), server.url("/")) == [1, 0]


def test_an_unusable_client_certificate_is_found_before_a_connection_is_begun() -> None:
    source = """
    try:
        new_session().get(url, cert=sys.argv[2])
    except client.exceptions.SSLError:
        print(json.dumps(begun))
    """
    with tls_echo_server() as server:
        assert run(textwrap.dedent(source), server.url("/")) == []


PATCHED = {
    "socket.socket": "socket.socket = type('Own', (socket.socket,), {'__module__': 'own'})",
    "create_connection": "real = socket.create_connection; socket.create_connection = lambda *a, **k: real(*a, **k)",
    "the method": "real = socket.socket.connect; socket.socket.connect = lambda self, place: real(self, place)",
    "gevent": "from gevent import monkey; monkey.patch_all()",
}


@pytest.mark.parametrize("what", PATCHED)
def test_where_sockets_are_patched_everything_is_loaded_first(what: str) -> None:
    if what == "gevent" and not importlib.util.find_spec("gevent"):
        pytest.skip("gevent is not installed")
    with EchoServer() as server:
        status, begun = run(GET, server.url("/"), first=f"import socket\n{PATCHED[what]}\n", strict=what != "gevent")
    assert status == 200
    assert begun
    assert all("h11" in one for one in begun)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("loaded", [False, True], ids=["before the first request", "after it"])
def test_a_program_s_own_create_connection_is_called(wrapped: bool, loaded: bool) -> None:
    source = f"""
    import functools, socket
    if {loaded}:
        assert client.get(url).status_code == 200
    real = socket.create_connection
    called = []

    def own(*args, **settings):
        called.append(args[0])
        return real(*args, **settings)

    socket.create_connection = functools.wraps(real)(own) if {wrapped} else own
    assert client.get(url).status_code == 200
    print(len(called))
    """
    with EchoServer() as server:
        assert run_program(textwrap.dedent(source), server.url("/")).strip() == "1"


def test_a_connection_that_is_refused_is_the_same_error_as_later() -> None:
    source = """
    said = []
    for _ in range(2):
        try:
            client.get(url)
        except client.exceptions.ConnectionError as error:
            inner = error.args[0].reason
            said.append([type(error).__name__, type(inner).__name__, type(inner.__cause__).__name__, str(inner)])
    print(json.dumps(said))
    """
    first, second = run(textwrap.dedent(source), f"http://127.0.0.1:{closed_port()}/")
    assert first == second
    assert first[:3] == ["ConnectionError", "NewConnectionError", "ConnectionRefusedError"]


def test_an_attempt_that_is_refused_later_is_told_after_the_loading() -> None:
    # The first address is begun early and refuses; the other one of the race serves.
    source = """
    real = socket.getaddrinfo
    def both(host, port, *rest):
        return real("127.0.0.2", port, *rest) + real("127.0.0.1", port, *rest)
    socket.getaddrinfo = both
    print(json.dumps([new_session().get(url).status_code, len(begun) >= 2]))
    """
    with EchoServer() as server:
        assert run("import socket\n" + textwrap.dedent(source), f"http://two.test:{server.port}/") == [200, True]


def test_a_total_time_that_is_over_when_all_is_loaded_ends_the_call() -> None:
    source = """
    import time
    interfere(lambda: time.sleep(0.4))
    try:
        new_session().get(url, timeout=client.Timeouts(total=0.3))
    except client.exceptions.ConnectTimeout as error:
        print(json.dumps(["(total timeout=0.3)" in str(error), len(begun)]))
    """
    with EchoServer() as server:
        assert run(textwrap.dedent(source), server.url("/")) == [True, 1]


def test_a_connection_that_opened_while_loading_took_long_is_used() -> None:
    source = """
    import time
    interfere(lambda: time.sleep(0.4))
    print(json.dumps([new_session().get(url, timeout=(0.3, 20)).status_code, begun]))
    """
    with EchoServer() as server:
        assert run(textwrap.dedent(source), server.url("/")) == [200, [[server.port]]]


def test_two_threads_may_send_the_first_request_at_once() -> None:
    source = """
    session, got, together = new_session(), [], threading.Barrier(4)
    def send():
        together.wait(20)
        got.append(session.get(url).status_code)
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    print(json.dumps([got, stats(session).open == stats(session).idle]))
    session.close()
    """
    with EchoServer() as server:
        assert run(textwrap.dedent(source), server.url("/")) == [[200] * 4, True]


@pytest.mark.parametrize("secure", [False, True])
def test_a_first_request_through_a_proxy(secure: bool) -> None:
    source = "session = new_session()\nprint(json.dumps([session.get(url, proxies={'all': PROXY}).status_code, begun]))"
    with ProxyServer() as proxy, tls_echo_server() if secure else EchoServer() as server:
        status, begun = run(source.replace("PROXY", repr(proxy.url("/"))), server.url("/"))
    assert status == 200
    assert begun == [[proxy.port, *(["h11", "ssl", "httpcore_lite.transport.connectors.tls"] if secure else [])]]


def test_a_first_request_through_a_socks_proxy() -> None:
    script = [
        *(
            receive_bytes(3),
            send(b"\x05\x00"),
            receive_bytes(5 + len("origin.test") + 2),
            send(b"\x05\x00\x00\x01" + bytes(6)),
        ),
        *(receive(), send(response("hello"))),
    ]
    with Peer(script) as peer:
        source = f"print(json.dumps(new_session().get(url, proxies={{'all': 'socks5h://{peer.address}'}}).text))"
        assert run(source, "http://origin.test/") == "hello"


def test_a_second_session_connects_when_everything_is_loaded() -> None:
    source = """
    statuses = []
    for _ in range(2):
        with new_session() as session:
            statuses.append(session.get(url).status_code)
    print(json.dumps([statuses, begun]))
    """
    with EchoServer() as server:
        statuses, begun = run(textwrap.dedent(source), server.url("/"))
    assert statuses == [200, 200]
    assert begun == [[server.port], [server.port, "h11"]]
