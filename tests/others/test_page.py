"""The examples of docs/with-other-libraries.md run, and print what the page says."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rrset
import pytest
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

import httpcore_lite
from support.messages import Received, response
from support.scripted import Conversation, Peer, call, receive
from support.servers import EchoServer

ROOT = Path(httpcore_lite.__file__).parents[1]
PAGE = (ROOT / "docs" / "with-other-libraries.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## (\S+)\n.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
# Of the system, whose Kerberos the package finds by a library that has to be compiled.
TICKETS = """
import spnego
class Ticket:
    complete = False
    def __init__(self, *args, **kw): pass
    def step(self, in_token=None): return b"ticket"
spnego.client = Ticket
"""


class Api:
    """What the examples talk to."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Received) -> bytes:
        path = request.target.partition("?")[0].strip("/").partition("/")[0].replace("-", "_")
        return getattr(self, path)(request)  # type: ignore[no-any-return]

    def items(self, request: Received) -> bytes:
        return response("an item")

    def fresh_for_an_hour(self, request: Received) -> bytes:
        return response("x", headers=[("Cache-Control", "max-age=3600"), ("Date", httpdate())])

    def counted(self, request: Received) -> bytes:
        self.count += 1
        return response(str(self.count))

    def token(self, request: Received) -> bytes:
        assert b"client_credentials" in request.body
        kind = [("Content-Type", "application/json")]
        return response('{"access_token": "t0ken", "token_type": "Bearer"}', headers=kind)

    def authorization(self, request: Received) -> bytes:
        return response(request.get("Authorization") or "")

    def negotiate(self, request: Received) -> bytes:
        if request.get("Authorization") != "Negotiate " + base64.b64encode(b"ticket").decode():
            return response("", 401, "Unauthorized", [("WWW-Authenticate", "Negotiate")])
        return response("", headers=[("WWW-Authenticate", "Negotiate " + base64.b64encode(b"mutual").decode())])

    def signed(self, request: Received) -> bytes:
        keys = MappingKeyResolver(public_keys={"key-1": b"a secret that both sides know"}, private_keys={})
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys)
        headers = dict(request.headers)
        url = f"http://{request.get('Host')}{request.target}"
        message = httpcore_lite.Request(request.method, url, headers=headers, data=request.body).prepare()
        verifier.verify(message, body=request.body, require_components=("content-digest",))
        return response("verified")

    def dns(self, request: Received) -> bytes:
        query = dns.message.from_wire(request.body)
        reply = dns.message.make_response(query)
        reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "127.0.0.1"))
        return response(reply.to_wire(), headers=[("Content-Type", "application/dns-message")])

    def host(self, request: Received) -> bytes:
        return response(request.get("Host") or "")


def httpdate() -> str:
    from email.utils import formatdate

    return formatdate(usegmt=True)


def upgrade(talk: Conversation) -> None:
    """Be a server of WebSockets that repeats in capitals."""
    assert talk.request is not None
    magic = (talk.request.get("Sec-WebSocket-Key") or "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
    head = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    talk.sock.sendall(f"HTTP/1.1 101 Switching Protocols\r\n{head}".encode())
    server = Connection(ConnectionType.SERVER)
    while True:
        server.receive_data(talk.sock.recv(65536))
        for event in server.events():
            if isinstance(event, TextMessage):
                talk.sock.sendall(server.send(TextMessage(data=event.data.upper())))
                return


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with EchoServer(Api()) as api, Peer([receive(), call(upgrade)]) as websocket:
        yield {"url": api.url(""), "dns_url": api.url("/dns"), "websocket_url": websocket.url("/")}


def test_the_page_names_what_others_keep() -> None:
    assert len(EXAMPLES) == 13
    table = PAGE.partition("\n| for |")[2].partition("\n## ")[0]
    assert re.findall(r"\[([^\]]+)\]\(#", table) == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_prints_what_the_page_says(name: str, urls: dict[str, str], tmp_path: Path) -> None:
    first = "".join(f"{key} = {value!r}\n" for key, value in {**urls, "folder": str(tmp_path)}.items())
    first += TICKETS if name == "requests-kerberos" else ""
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    variables |= {"PYTHONPATH": str(ROOT), "OAUTHLIB_INSECURE_TRANSPORT": "1"}
    command = [sys.executable, "-c", first + EXAMPLES[name]]
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    said = re.findall(r"print\(.*\)  # (.*)", EXAMPLES[name])
    assert said
    assert list(dict.fromkeys(done.stdout.splitlines())) == said
