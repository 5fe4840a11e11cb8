"""Connectors that open a stream, against sockets on loopback."""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import Mock

import pytest

from httpcore_lite.sansio.connections.routes import SocketOptions
from httpcore_lite.sansio.errors import ConnectTimeoutError, NameResolutionError, NewConnectionError
from httpcore_lite.sansio.timeouts import ConnectBudget, Deadline
from httpcore_lite.transport.connectors import tcp
from httpcore_lite.transport.connectors.tcp import TCPConnector, UnixConnector, addresses_of, is_untouched
from support.scripted import closed_port

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8 and /proc")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def black_hole(listener: socket.socket) -> Iterator[tuple[str, int]]:
    """127.0.0.2 at the listener's port: a listening socket whose backlog is full lets no one in."""
    place = ("127.0.0.2", listener.getsockname()[1])
    with socket.socket() as full:
        full.bind(place)
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(place)
        yield place
        for sock in waiting:
            sock.close()


def budget(limit: float | None = 5.0, deadline: Deadline | None = None) -> ConnectBudget:
    return ConnectBudget(limit, deadline, lambda: tcp.monotonic())


def names(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda host, port: list(addresses)


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


# -- budgets -----------------------------------------------------------------------------------------------------


def test_a_step_gets_what_is_left_and_no_wait_begins_when_nothing_is() -> None:
    with socket.socket() as sock:
        sock.settimeout(budget(2.0).for_step(None, "The step", "tls"))
        assert sock.gettimeout() == 2.0
        sock.settimeout(budget(None).for_step(None, "The step", "tls"))
        assert sock.gettimeout() is None
        with pytest.raises(ConnectTimeoutError, match="The step timed out") as caught:
            sock.settimeout(budget(2.0, Deadline(1.0, monotonic() - 5)).for_step(None, "The step", "tls"))
    assert (caught.value.phase, caught.value.seconds) == ("total", 1.0)


def test_a_passed_deadline_opens_no_connection(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(ConnectTimeoutError) as caught:
        TCPConnector("127.0.0.1", port, SocketOptions()).connect(budget(5, Deadline(1.0, monotonic() - 5)))
    assert caught.value.phase == "total"
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


# -- names and addresses -----------------------------------------------------------------------------------------


def test_a_resolver_that_raises_oserror_is_a_name_resolution_error() -> None:
    def broken(host: str, port: int) -> list[str]:
        raise OSError("no name server answers")

    with pytest.raises(NameResolutionError, match=r"'a\.test'.*no name server answers") as caught:
        TCPConnector("a.test", 80, SocketOptions(resolver=broken)).connect(budget())
    assert isinstance(caught.value.__cause__, OSError)


def test_a_resolver_that_names_nothing_is_a_name_resolution_error() -> None:
    with pytest.raises(NameResolutionError):
        TCPConnector("a.test", 80, SocketOptions(resolver=names())).connect(budget())


def test_resolve_comes_before_the_resolver_and_only_for_its_host_and_port(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    sockets = SocketOptions(
        resolve=((f"a.test:{port}", "127.0.0.1"), (f"b.test:{port + 1}", "127.0.0.1")), resolver=names()
    )
    TCPConnector("a.test", port, sockets).connect(budget()).close()
    with pytest.raises(NameResolutionError):
        TCPConnector("b.test", port, sockets).connect(budget())


@pytest.mark.parametrize("spelling", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_filter_sees_the_ipv4_address_of_a_mapped_one(spelling: str) -> None:
    seen: list[Any] = []
    sockets = SocketOptions(resolver=names(spelling), allow_address=lambda address: bool(seen.append(address)))
    with pytest.raises(NewConnectionError, match="allow_address refused every address"):
        TCPConnector("a.test", 80, sockets).connect(budget())
    assert seen == [ip_address("127.0.0.1")]


@pytest.mark.parametrize("spelling", ["64:ff9b::10.0.0.1", "2002:a00:1::", "::10.0.0.1", "fe80::5efe:10.0.0.1"])
@pytest.mark.parametrize("resolves", [True, False], ids=["a name", "literal"])
def test_a_filter_sees_the_ipv4_address_that_a_translated_one_leads_to(spelling: str, resolves: bool) -> None:
    sockets = SocketOptions(
        resolver=names(spelling) if resolves else None, allow_address=lambda address: address.version == 6
    )
    with pytest.raises(NewConnectionError, match="allow_address refused every address"):
        TCPConnector("a.test" if resolves else spelling, 80, sockets).connect(budget())


@pytest.mark.parametrize("named", [("::1", "127.0.0.1"), ("127.0.0.1", "::1"), ("fe80::1%nowhere", "127.0.0.1", "::1")])
@pytest.mark.parametrize("how", ["the option", "the caller"])
def test_what_a_resolver_names_of_another_family_is_passed_over(named: tuple[str, ...], how: str) -> None:
    limited = socket.AF_INET if how == "the option" else None
    sockets = SocketOptions(resolver=names(*named), family=limited)
    found = addresses_of("a.test", 80, sockets, budget(), None, 0 if limited else socket.AF_INET)
    assert found == [(socket.AF_INET, ("127.0.0.1", 80))]


def test_a_resolver_that_names_addresses_of_another_family_only_is_a_name_resolution_error() -> None:
    sockets = SocketOptions(resolver=names("::1", "::2"), family=socket.AF_INET)
    with pytest.raises(NameResolutionError, match=r"'a\.test'"):
        TCPConnector("a.test", 80, sockets).connect(budget())


@linux
def test_only_the_addresses_that_a_filter_allows_are_tried(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    allowed = ip_address("127.0.0.1")
    sockets = SocketOptions(resolver=names("127.0.0.9", "127.0.0.1"), allow_address=lambda address: address == allowed)
    with TCPConnector("a.test", port, sockets).connect(budget()) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


# -- racing ------------------------------------------------------------------------------------------------------


@linux
def test_an_address_that_never_responds_costs_one_stagger(listener: socket.socket, black_hole: tuple[str, int]) -> None:
    connector = TCPConnector("a.test", black_hole[1], SocketOptions(resolver=names("127.0.0.2", "127.0.0.1")))
    before, began = descriptors(), monotonic()
    with connector.connect(budget()) as sock:
        assert 0.2 < monotonic() - began < 4.5  # and not the connect limit
        assert sock.getpeername()[0] == "127.0.0.1"
        assert descriptors() == before + 1, "the attempt that lost is closed"


@linux
def test_a_refused_address_is_followed_by_the_next_at_once(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = SocketOptions(resolver=names("127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"))
    now = monotonic()
    monkeypatch.setattr(tcp, "monotonic", lambda: now)  # the clock stands still: no stagger is waited for
    with TCPConnector("a.test", listener.getsockname()[1], sockets).connect(budget()) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


@linux
@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]])
def test_a_black_hole_ends_with_the_connect_limit_and_closes_everything(
    black_hole: tuple[str, int], addresses: list[str]
) -> None:
    before, began = descriptors(), monotonic()
    with pytest.raises(ConnectTimeoutError, match=r"connect timeout=0\.4") as caught:
        TCPConnector("a.test", black_hole[1], SocketOptions(resolver=names(*addresses))).connect(budget(0.4))
    assert not isinstance(caught.value, NewConnectionError)
    assert (caught.value.phase, caught.value.seconds) == ("connect", 0.4)
    assert monotonic() - began < 8
    assert descriptors() == before


@linux
@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.3"]])
def test_a_refused_connection_closes_everything(addresses: list[str]) -> None:
    before = descriptors()
    with pytest.raises(NewConnectionError, match="Failed to establish a new connection"):
        TCPConnector("a.test", closed_port(), SocketOptions(resolver=names(*addresses))).connect(budget())
    assert descriptors() == before


# -- options -----------------------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("options", [None, ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)])
def test_a_socket_is_bound_and_set_up_as_asked(listener: socket.socket, options: Any) -> None:
    sockets = SocketOptions(source_address=("127.0.0.7", 0), socket_options=options)
    with TCPConnector("127.0.0.1", listener.getsockname()[1], sockets).connect(budget()) as sock:
        assert sock.getsockname()[0] == "127.0.0.7"
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) is bool(options)


@linux
def test_a_refused_socket_option_is_named_and_closes_the_socket(listener: socket.socket) -> None:
    before = descriptors()
    with pytest.raises(NewConnectionError, match=r"socket option \(1, 9999, 1\) was refused"):
        sockets = SocketOptions(socket_options=((1, 9999, 1),))
        TCPConnector("127.0.0.1", listener.getsockname()[1], sockets).connect(budget())
    assert descriptors() == before


def test_a_family_excludes_the_addresses_of_others() -> None:
    with pytest.raises(NameResolutionError):
        TCPConnector("127.0.0.1", 80, SocketOptions(family=socket.AF_INET6)).connect(budget())


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6_loopback_is_connected_to() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with server, TCPConnector("::1", server.getsockname()[1], SocketOptions()).connect(budget()) as sock:
        assert sock.getpeername()[0] == "::1"


# -- Unix sockets ------------------------------------------------------------------------------------------------


@linux
def test_a_unix_socket_is_connected_to_and_a_missing_one_closes_the_descriptor(tmp_path: Path) -> None:
    path = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with UnixConnector(path).connect(budget(3.0)) as sock:
            assert sock.getpeername() == path
        before = descriptors()
        with pytest.raises(NewConnectionError):
            UnixConnector(path + "-missing").connect(budget())
        with pytest.raises(ConnectTimeoutError):
            UnixConnector(path).connect(budget(5, Deadline(1.0, monotonic() - 5)))
        assert descriptors() == before


# -- begun early -------------------------------------------------------------------------------------------------


def begun(connector: TCPConnector, limit: float | None = 5.0) -> ConnectBudget:
    allowed = budget(limit)
    connector.begin(allowed)
    return allowed


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_what_was_begun_is_gone_on_with(
    listener: socket.socket, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = TCPConnector("a.test", listener.getsockname()[1], SocketOptions(resolver=names(*addresses)))
    allowed = begun(connector)
    monkeypatch.setattr(connector, "_opened", None)  # nothing else is begun
    with connector.connect(allowed) as sock:
        assert sock.getpeername() == listener.getsockname()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@linux
def test_an_early_attempt_without_a_response_counts_for_the_stagger(
    listener: socket.socket, black_hole: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = TCPConnector("a.test", black_hole[1], SocketOptions(resolver=names("127.0.0.2", "127.0.0.1")))
    allowed = begun(connector)
    later = monotonic() + 1
    monkeypatch.setattr("httpcore_lite.transport.connectors.tcp.monotonic", lambda: later)
    with connector.connect(allowed) as sock:  # the clock stands still: no stagger is waited for
        assert sock.getpeername() == listener.getsockname()


@linux
@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.2", "127.0.0.2"]])
def test_the_limit_counts_from_the_beginning_of_an_early_attempt(
    black_hole: tuple[str, int], addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = TCPConnector("a.test", black_hole[1], SocketOptions(resolver=names(*addresses)))
    allowed = begun(connector, 30)
    now = monotonic()
    monkeypatch.setattr("httpcore_lite.transport.connectors.tcp.monotonic", lambda: now + 31)
    with pytest.raises(ConnectTimeoutError, match=r"connect timeout=30") as caught:
        connector.connect(allowed)
    assert monotonic() < now + 10  # nothing is waited for any more
    assert (caught.value.phase, caught.value.seconds) == ("connect", 30)
    connector.close()


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_a_connection_that_is_there_is_taken_though_the_limit_has_passed_meanwhile(
    listener: socket.socket, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = TCPConnector("a.test", listener.getsockname()[1], SocketOptions(resolver=names(*addresses)))
    allowed = begun(connector, 30)
    listener.accept()[0].close()
    later = monotonic() + 31
    monkeypatch.setattr("httpcore_lite.transport.connectors.tcp.monotonic", lambda: later)
    connector.connect(allowed).close()


def test_a_deadline_that_passes_meanwhile_ends_the_attempt(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = TCPConnector("127.0.0.1", listener.getsockname()[1], SocketOptions())
    allowed = budget(None, Deadline(30, monotonic()))
    connector.begin(allowed)
    later = monotonic() + 31
    monkeypatch.setattr("httpcore_lite.transport.connectors.tcp.monotonic", lambda: later)
    with pytest.raises(ConnectTimeoutError, match=r"total timeout=30"):
        connector.connect(allowed)
    connector.close()


def test_an_early_attempt_that_is_refused_is_told_by_connect() -> None:
    connector = TCPConnector("127.0.0.1", closed_port(), SocketOptions())
    allowed = begun(connector)
    with pytest.raises(NewConnectionError, match="refused"):
        connector.connect(allowed)
    connector.close()


@linux
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_what_was_begun_can_be_given_up(black_hole: tuple[str, int], address: str) -> None:
    before = descriptors()
    connector = TCPConnector("a.test", black_hole[1], SocketOptions(resolver=names(address)))
    begun(connector)
    connector.close()
    connector.close()
    assert descriptors() == before


def test_nothing_is_begun_where_sockets_are_not_the_librarys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_untouched()
    own = type("socket", (socket.socket,), {"__module__": "socket"})
    wrapper = wraps(socket.create_connection)(lambda: None)
    for name, value in (*(("socket", kind) for kind in (own, Mock())), ("create_connection", wrapper)):
        with monkeypatch.context() as patch:
            patch.setattr(socket, name, value)
            assert not is_untouched()
    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda self, place: None)
        assert not is_untouched()
