"""What comes next on the same session: asked behind every test of the wire, by one mechanism and not by each test.

When a session of ours is closed, which the module functions do as well, it asks each peer once more that it has asked:
the response is to that very request, and the pool's ledger agrees. A connection that was lost, or kept although
something was left over on it, is seen there, whatever the test itself looks at.
"""

from __future__ import annotations

from typing import Any

import pytest

import httpcore_lite as client
from httpcore_lite.messages.urls import origin_of

from . import certificates
from .scripted import Peer

TARGET = "/and/once/more"


def watch_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every session that is closed during a test asked once more."""
    close, send = client.Session.close, client.Session.send

    def sent(session: Any, request: Any, **kwargs: Any) -> Any:
        vars(session).setdefault("ports_asked", set()).add(origin_of(request.url)[2])
        return send(session, request, **kwargs)

    def asked_and_closed(session: Any) -> None:
        try:
            for peer in list(Peer.running):
                if peer.port in vars(session).get("ports_asked", ()):
                    ask_again(session, peer)
        finally:
            close(session)

    monkeypatch.setattr(client.Session, "send", sent)
    monkeypatch.setattr(client.Session, "close", asked_and_closed)


def ask_again(session: Any, peer: Peer) -> None:
    """Ask `peer` over the session's pool; nothing where a script still waits, or the program has a response in hand."""
    adapter = session.adapters.get("https://" if peer.tls else "http://")
    pool = getattr(adapter, "pool", None)
    if pool is None:
        return
    before = pool.stats()
    if before.open != before.idle or (peer.tls and peer.tls.verify_mode):
        return  # or the peer wants a certificate, which a test gives to its own requests
    with peer.aftermath() as served:
        if not served:
            return
        request = client.Request("GET", peer.url(TARGET)).prepare()
        try:
            response = adapter.send(request, timeout=5, verify=certificates.ca_path())
        except client.exceptions.SSLError:
            return  # a peer that is not to be trusted is what the test is about
        assert response.text == f"the response to {TARGET}", response.text
        stats = pool.stats()
        assert stats.open == stats.idle, f"a connection is lost in the pool: {stats}"
