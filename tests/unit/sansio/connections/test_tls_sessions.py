"""Which TLS session is offered where: contexts and sessions are plain objects here."""

from __future__ import annotations

import gc
from typing import Any

from httpcore_lite.sansio.connections.routes import ProxyRoute, TLSSettings
from httpcore_lite.sansio.connections.tls_sessions import PATIENCE, SessionCache


class Context:
    """Stands in for an ssl.SSLContext."""


BASE = TLSSettings()
KEY = (BASE, "example.org", 443, None, ())


def test_a_session_is_offered_under_the_identical_key_only() -> None:
    sessions, context = SessionCache(), Context()
    sessions.keep(context, KEY, "session")
    assert sessions.offer(context, (TLSSettings(), "example.org", 443, None, ())) == "session"
    others: list[Any] = [
        (BASE, "example.net", 443, None, ()),
        (BASE, "example.org", 8443, None, ()),
        (BASE, "example.org", 443, ProxyRoute("http", "proxy.test", 3128), ()),
        (TLSSettings(assert_hostname="other.test"), "example.org", 443, None, ()),
        (TLSSettings(assert_fingerprint="ab" * 32), "example.org", 443, None, ()),
        (TLSSettings(verify=False), "example.org", 443, None, ()),
        (BASE, "example.org", 443, None, ("another mode",)),
    ]
    assert [sessions.offer(context, key) for key in others] == [None] * len(others)
    assert sessions.offer(Context(), KEY) is None


def test_the_last_session_counts_and_none_replaces_nothing() -> None:
    sessions, context = SessionCache(), Context()
    sessions.keep(context, KEY, "first")
    sessions.keep(context, KEY, "second")
    sessions.keep(context, KEY, None)
    assert sessions.offer(context, KEY) == "second"


def test_a_failed_handshake_forgets_the_session() -> None:
    sessions, context = SessionCache(), Context()
    sessions.keep(context, KEY, "session")
    sessions.forget(context, KEY)
    assert sessions.offer(context, KEY) is None
    sessions.forget(Context(), KEY)


def test_no_more_sessions_are_kept_than_the_bound_says() -> None:
    sessions, context = SessionCache(most=2), Context()
    for port in (1, 2, 3):
        sessions.keep(context, (BASE, "example.org", port, None, ()), port)
    assert [sessions.offer(context, (BASE, "example.org", port, None, ())) for port in (1, 2, 3)] == [None, 2, 3]


def test_sessions_go_with_their_context() -> None:
    sessions, context = SessionCache(), Context()
    sessions.keep(context, KEY, "session")
    del context
    gc.collect()
    assert len(sessions._by_context) == 0


def test_a_session_is_read_when_none_was_resumed_and_no_more_from_a_peer_that_never_resumes() -> None:
    # Each reading costs memory that CPython never frees.
    sessions, context = SessionCache(), Context()
    assert sessions.wants(context, KEY, False)
    assert [sessions.wants(context, KEY, True) for _ in range(9)] == [False] * 9
    assert [sessions.wants(context, KEY, False) for _ in range(9)] == [True] * PATIENCE + [False] * (9 - PATIENCE)
    sessions.wants(context, KEY, True)
    assert sessions.wants(context, KEY, False)
    assert sessions.wants(context, (BASE, "example.net", 443, None, ()), False)


def test_what_is_known_of_peers_has_the_bound_of_their_sessions() -> None:
    sessions, context = SessionCache(most=2), Context()
    for port in range(9):
        sessions.wants(context, (BASE, "example.org", port, None, ()), False)
    assert len(sessions._by_context[context]) == 2


def test_a_peer_that_never_resumed_is_read_from_as_often_as_patience_says() -> None:
    sessions, context = SessionCache(), Context()
    assert [sessions.wants(context, KEY, False) for _ in range(9)] == [True] * PATIENCE + [False] * (9 - PATIENCE)
