"""What a ClientHello gives away: the ticket or the session id by which a server recognises an earlier client.

    hellos: list[Hello] = []
    Peer([peek_hello(hellos), start_tls(context), receive(), send(...)], repeat=True)

RFC 8446 section 4.1.2 (ClientHello), 4.2.11 (pre_shared_key); RFC 5077 section 3.2 (SessionTicket).
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from . import certificates
from .scripted import Conversation, Peer, Step, forever, receive, send, start_tls
from .servers import Routes

_SESSION_TICKET, _PRE_SHARED_KEY, _SUPPORTED_VERSIONS = 35, 41, 43


@dataclass(frozen=True)
class Hello:
    """What a client showed: the identity of a ticket or of a session; b"" for a client that is new."""

    identity: bytes


def peek_hello(hellos: list[Hello]) -> Step:
    """Note the ClientHello and leave it for the handshake."""

    def step(talk: Conversation) -> None:
        wanted = 5
        while len(data := talk.sock.recv(wanted, socket.MSG_PEEK | socket.MSG_WAITALL)) == wanted:
            record = 5 + int.from_bytes(data[3:5], "big")
            if len(data) == record:
                hellos.append(_parsed(data[5:]))
                return
            wanted = record

    return step


def _parsed(message: bytes) -> Hello:
    assert message[0] == 1, "no ClientHello"
    at = 4 + 2 + 32
    session_id, at = message[at + 1 : at + 1 + message[at]], at + 1 + message[at]
    at += 2 + int.from_bytes(message[at : at + 2], "big")  # cipher suites
    at += 1 + message[at]  # compression methods
    end = at + 2 + int.from_bytes(message[at : at + 2], "big")
    at += 2
    extensions: dict[int, bytes] = {}
    while at < end:
        kind, size = int.from_bytes(message[at : at + 2], "big"), int.from_bytes(message[at + 2 : at + 4], "big")
        extensions[kind] = message[at + 4 : at + 4 + size]
        at += 4 + size
    if _PRE_SHARED_KEY in extensions:
        offered = extensions[_PRE_SHARED_KEY]
        return Hello(offered[4 : 4 + int.from_bytes(offered[2:4], "big")])
    ticket = extensions.get(_SESSION_TICKET, b"")
    # A client of TLS 1.3 fills the session id with chance (RFC 8446 appendix D.4).
    return Hello(ticket or (b"" if _SUPPORTED_VERSIONS in extensions else session_id))


class RecognisingServer(Peer):
    """A TLS echo server that keeps what each connection showed of an earlier one, and whether it resumed.

    version: the one version of TLS that it speaks; tickets: without them sessions are known by their ids (TLS 1.2).
    """

    def __init__(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, *, tickets: bool = True) -> None:
        # A context of its own: no other test's sessions are known to it.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = certificates.authority().issue_cert("127.0.0.1", "localhost")
        leaf.configure_cert(context)
        #: The certificate as DER bytes, for pins.
        self.certificate = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
        context.minimum_version = context.maximum_version = version
        if not tickets:
            context.options |= ssl.OP_NO_TICKET
        self.hellos: list[Hello] = []
        self.resumed: list[bool] = []

        def note(talk: Conversation) -> None:
            assert isinstance(talk.sock, ssl.SSLSocket)
            self.resumed.append(bool(talk.sock.session_reused))

        script = [peek_hello(self.hellos), start_tls(context), note, forever(receive(), send(Routes()))]
        super().__init__(script, repeat=True)

    @property
    def identities(self) -> list[bytes]:
        """What each connection showed, in the order in which they came."""
        return [hello.identity for hello in self.hellos]

    def url(self, path: str = "/", *, host: str | None = None, scheme: str | None = "https") -> str:
        return super().url(path, host=host, scheme=scheme)
