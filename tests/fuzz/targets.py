"""What a fuzzer may throw at us, and what must hold whatever it throws: functions of bytes that raise when it does not.

Plain functions: `run.py` lets atheris drive them, `test_corpus.py` replays what was found, the property tests use
their parts. Each target reads a few choices from the front of its input and takes the rest for what a peer sent.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpcore_lite as client
from httpcore_lite import utils
from httpcore_lite.messages import url_parts, urls
from httpcore_lite.sansio.connections import digest
from httpcore_lite.sansio.errors import DecodeError, InvalidHeader, LocationParseError, TransportError
from httpcore_lite.sansio.http1 import accepted_codings, verdicts
from httpcore_lite.sansio.http1.decoders import Decoder, decoder_for
from httpcore_lite.sansio.http1.framing import MAX_CHUNK_LINE, MAX_TRAILERS, ChunkedReader
from httpcore_lite.sansio.http1.protocol import End, Head, Informational, Protocol
from httpcore_lite.sansio.http1.request_heads import RequestHeads

METHODS = ("GET", "HEAD", "POST", "CONNECT", "OPTIONS")
#: Limits of a head, in bytes and fields: ours, and some that small inputs reach.
LIMITS = ((262_144, 1_000), (262_144, 1_000), (64, 1_000), (262_144, 3))
#: The most that a decoder is let give, in bytes. A bomb has no end worth waiting for.
MOST = 1 << 18


def pieces(data: bytes, sizes: bytes) -> Iterator[bytes]:
    """`data` in pieces of these sizes, again and again; whole when there are none."""
    at = turn = 0
    while at < len(data):
        size = 1 + sizes[turn % len(sizes)] if sizes else len(data)
        yield data[at : at + size]
        at += size
        turn += 1


# -- a connection's bytes --------------------------------------------------------------------------------------------


@dataclass
class Told:
    """All that a protocol told of some bytes: two cuts of the same bytes must give equal ones."""

    heads: list[tuple[int, bytes, list[tuple[bytes, bytes]]]] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] | None = None
    error: tuple[str, str] | None = None
    reusable: bool = False
    leftover: bytes = b""


@functools.cache
def _request(method: str) -> object:
    return RequestHeads().build(method, "/", [], "h")


def tell(
    data: bytes, sizes: bytes = b"", method: str = "GET", eof: bool = True, limits: tuple[int, int] = LIMITS[0]
) -> Told:
    """Feed one exchange in pieces and return what was told.

    AssertionError: more was kept than there may be. Any other exception is one that must not be.
    """
    protocol = Protocol(*limits)
    protocol.start(_request(method), b"")  # type: ignore[arg-type]
    protocol.request_sent = True
    told = Told()
    body: list[bytes] = []
    try:
        for piece in pieces(data, sizes):
            protocol.receive(piece)
            if told.trailers is None:
                _drain(protocol, told, body)
            _check_bounds(protocol, len(piece))
        if eof and told.trailers is None:
            protocol.receive(b"")
            _drain(protocol, told, body)
    except TransportError as error:
        # How much of a culprit a text quotes depends on how much of it had arrived.
        told.error = type(error).__name__, re.sub(r"b'.*'|b\".*\"", "...", str(error), flags=re.DOTALL)
    told.body = b"".join(body)
    if told.error is None:
        told.reusable, told.leftover = protocol.reusable, protocol.leftover
    return told


def _drain(protocol: Protocol, told: Told, body: list[bytes]) -> None:
    while (event := protocol.next_event()) is not None:
        if isinstance(event, (Head, Informational)):
            reason = event.reason if isinstance(event.reason, bytes) else event.reason.encode("latin-1")
            told.heads.append((event.status, reason, list(event.fields)))
            if isinstance(event, Head):
                body += protocol.take_pieces()
        elif isinstance(event, End):
            told.trailers = list(event.trailers)
            return
        else:
            body.append(event)


def _check_bounds(protocol: Protocol, piece: int) -> None:
    head = protocol._head
    if head is None:
        assert len(protocol._buffer) <= protocol.max_head + piece, "a head beyond its limit is kept"
    elif isinstance(head.reader, ChunkedReader) and not head.reader.ended:
        most = MAX_TRAILERS if head.reader._in_trailers else MAX_CHUNK_LINE + 1
        assert len(head.reader._buffer) <= most, "more of a line than its limit is kept"


def protocol(data: bytes) -> None:
    """Any bytes end in a response or an error of ours, however they are cut, and no byte is made up."""
    if len(data) < 3:
        return
    choice, sizes, sent = data[0], data[1:3], data[3:]
    method, limits, eof = METHODS[choice & 7 if choice & 7 < 5 else 0], LIMITS[choice >> 3 & 3], bool(choice & 32)
    whole = tell(sent, b"", method, eof, limits)
    assert tell(sent, sizes, method, eof, limits) == whole, "the cut makes a difference"
    check_told(whole, sent, method)


def check_told(told: Told, sent: bytes, method: str) -> None:
    """What holds of any exchange that was told of."""
    final = [head for head in told.heads if head[0] >= 200 or head[0] == 101]
    assert len(final) <= 1
    assert len(told.body) + len(told.leftover) <= len(sent), "bytes are made up"
    assert told.body == b"" or final
    for _, _, fields in told.heads:
        for name, value in fields:
            assert not re.search(rb"[\r\n\0]", name + value)
    if method == "HEAD" or (final and final[0][0] in (101, 204, 304)):
        assert told.body == b""
    if told.reusable:
        assert told.trailers is not None
        assert not told.leftover
        length = sum(map(len, (told.body,)))
        declared = [value for name, value in final[0][2] if name.lower() == b"content-length"]
        chunked = any(name.lower() == b"transfer-encoding" for name, _ in final[0][2])
        if declared and method != "HEAD" and final[0][0] not in (204, 304):
            assert not chunked
            assert {int(value) for value in declared} == {length}
    if final and told.body:
        for name, value in final[0][2]:
            if name.lower() == b"content-encoding":
                decode(value.decode("latin-1"), told.body)


# -- h11's verdicts, remembered --------------------------------------------------------------------------------------

#: What `sansio/http1/verdicts.py` keeps.
MEMORY = ("_received_names", "_responses", "_sent_names", "_requests")
#: (method, target, fields, body) of a request, and the bytes of the response to it.
Exchange = tuple[str, str, list[tuple[str | bytes, str | bytes | None]], bytes, bytes]


@contextlib.contextmanager
def memory(remembering: bool = True) -> Iterator[None]:
    """Let the memory of h11's verdicts begin empty, or be switched off; then it is as it was."""
    kept = {name: getattr(verdicts, name) for name in (*MEMORY, "enabled")}
    try:
        for name in MEMORY:
            setattr(verdicts, name, {})
        verdicts.enabled = remembering
        yield
    finally:
        for name, value in kept.items():
            setattr(verdicts, name, value)


def converse(exchanges: list[Exchange], sizes: bytes = b"") -> list[object]:
    """Everything that is told of exchanges, each on the connection of the last one where that may be used again."""
    told: list[object] = []
    line = Protocol()
    heads = RequestHeads()
    for method, target, fields, body, sent in exchanges:
        try:
            if line._head is not None and line.reusable:
                line.next_exchange()
            else:
                line = Protocol()
            told += (line.start(heads.build(method, target, list(fields), "h:80"), body), line._keep_alive)
            line.request_sent = True
            ended = False
            for piece in pieces(sent, sizes):
                line.receive(piece)
                ended = ended or _tell_all(line, told)
            told += (line.reusable, line.leftover)
            if not ended:
                line.receive(b"")
                _tell_all(line, told)
        except TransportError as error:
            told.append((type(error), str(error)))
    return [b"".join(body) if kind is bytes else body for kind, body in _runs(told)]


def _tell_all(line: Protocol, told: list[object]) -> bool:
    while (event := line.next_event()) is not None:
        if isinstance(event, Head):
            reader = event.reader
            kept = sorted({*Head.__annotations__, *vars(event)} - {"reader"})
            told.append([type(reader), *((name, getattr(event, name)) for name in kept)])
        elif isinstance(event, Informational):
            told.append((event.status, event.reason, event.fields))
        elif isinstance(event, End):
            told.append(event.trailers)
            return True
        else:
            told.append(event)
    return False


def _runs(told: list[object]) -> Iterator[tuple[type, list[object]]]:
    """Runs of bytes are one body, however it was cut."""
    for kind, run in itertools.groupby(told, type):
        if kind is bytes:
            yield bytes, list(run)
        else:
            for one in run:
                yield kind, one


def known_verdicts(data: bytes) -> None:
    """What is remembered of h11's verdicts makes no difference to any exchange, however its bytes are cut."""
    if len(data) < 3:
        return
    sizes, method = data[1:3], METHODS[data[0] % len(METHODS)]
    exchanges: list[Exchange] = []
    for part in data[3:].split(b"\0\0\0", 3):
        asked, _, sent = part.partition(b"\0\0")
        target, *lines = asked.decode("latin-1").split("\n")
        fields = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
        body = b"x" * (data[0] >> 5) if method == "POST" else b""
        exchanges += [("GET", "/", [], b"", sent), (method, target, fields, body, sent)]  # type: ignore[list-item]
    with memory(remembering=False):
        expected = converse(exchanges)
    with memory():
        assert converse(exchanges) == expected, "learning makes a difference"
        assert converse(exchanges, sizes) == converse(exchanges) == expected, "what was learnt makes a difference"


# -- content codings -------------------------------------------------------------------------------------------------


def decode(coding: str, data: bytes, sizes: bytes = b"", limit: int = 1 << 16, most: int = MOST) -> tuple[bytes, str]:
    """Decode what comes in pieces by `limit`, up to `most` bytes; returns them and "ended", "error" or "more"."""
    try:
        decoder = decoder_for(coding)
    except DecodeError:
        return b"", "error"
    if decoder is None:
        return data, "ended"
    parts: list[bytes] = []
    try:
        for part in _decoded(decoder, data, sizes, limit):
            assert len(part) <= limit, "more is decoded than asked for"
            parts.append(part)
            if decoder.produced > most:
                return b"".join(parts)[:most], "more"
        parts.append(decoder.flush())
    except DecodeError:
        return b"".join(parts), "error"
    whole = b"".join(parts)
    assert (decoder.consumed, decoder.produced) == (len(data), len(whole))
    return whole, "ended"


def _decoded(decoder: Decoder, data: bytes, sizes: bytes, limit: int) -> Iterator[bytes]:
    for piece in pieces(data, sizes):
        yield decoder.decode(piece, limit)
        while decoder.has_unconsumed:
            yield decoder.decode(b"", limit)


CODINGS = (
    "gzip",
    "deflate",
    "br",
    "zstd",
    "gzip, gzip",
    "gzip, deflate",
    "br, gzip",
    "zstd, deflate",
    "gzip, br, zstd",
)


def decoders(data: bytes) -> None:
    """Any bytes under any coding end in data or a DecodeError, the same for any cut, never more at once than asked."""
    if len(data) < 4:
        return
    coding, sizes, sent = CODINGS[data[0] % len(CODINGS)], data[1:3], data[4:]
    if not {name.strip() for name in coding.split(",")} <= set(accepted_codings().split(", ")):
        return
    limit = (256, 1 << 12, 1 << 16, 1 << 18)[data[3] % 4]
    whole, verdict = decode(coding, sent, b"", 1 << 16)
    cut, same = decode(coding, sent, sizes, limit)
    # Where a step is longer than what the stream is good for, its error comes before its data.
    assert same == verdict or {same, verdict} == {"more", "error"}, "the cut makes a difference"
    if verdict == same != "error":
        assert cut == whole
    else:
        assert cut.startswith(whole) or whole.startswith(cut)


# -- URLs and fields -------------------------------------------------------------------------------------------------

_LEGAL = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})*")


def _parsed(url: str) -> None:
    try:
        parsed = urls.parse_url(url)
    except LocationParseError:
        return
    if parsed.scheme in ("http", "https") and parsed.host:
        again = urls.parse_url(parsed.url)
        assert again == parsed or "%" in (parsed.host or ""), "the normal form is not normal"


def _split(url: str) -> None:
    for base in ("http://h.example/a/b?c#d", url):
        try:
            joined = url_parts.join(base, url)
            parts = url_parts.split(joined)
        except ValueError:
            continue
        assert url_parts.split(url_parts.unsplit(*parts)) == parts or not parts.netloc
    try:
        urls.split_origin(url)
    except LocationParseError:
        pass


def _quoted(url: str) -> None:
    quoted = urls.requote_uri(url)
    assert _LEGAL.fullmatch(quoted)
    assert urls.requote_uri(quoted) == quoted


def _prepared(url: str) -> None:
    """What `prepare` lets through can be sent as it is: nothing in it ends a line."""
    try:
        request = client.Request("GET", url).prepare()
    except client.RequestException:
        return
    assert request.url is not None
    assert request.url.isascii() or not request.url.lower().startswith("http")
    if re.match("https?://", request.url):
        scheme, host, _, target = urls.split_origin(request.url)
        assert scheme in ("http", "https")
        assert host
        try:
            head = RequestHeads().build("GET", target, [], host)
        except InvalidHeader as error:
            raise AssertionError(f"{request.url!r} is prepared, but cannot be sent") from error
        assert not re.search(rb"[\0-\x20\x7f]", head.target)


def _fields(value: str) -> None:
    for link in utils.parse_header_links(value):
        assert "url" in link
    utils.parse_list_header(value)
    utils.parse_dict_header(value)
    for challenge in digest.parse_challenges(value):
        assert challenge.scheme
        assert all(name == name.lower() for name in challenge.parameters)
    chosen = digest.choose(value)
    assert chosen is None or "nonce" in chosen
    utils.get_encoding_from_headers({"content-type": value})


_URL_STEPS: tuple[Callable[[str], None], ...] = (_parsed, _split, _quoted, _prepared, _fields)


def any_url(data: bytes) -> None:
    """Any text is a URL or an error of ours; the value of any field is read; what is prepared can be sent."""
    text = data.decode("utf-8", "surrogateescape")
    for step in _URL_STEPS:
        step(text)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "protocol": protocol,
    "verdicts": known_verdicts,
    "decoders": decoders,
    "urls": any_url,
}
