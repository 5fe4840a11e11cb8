"""What was exchanged, as HAR 1.2 (HTTP Archive), which browsers and other tools read. No secret is in it.

Values of fields, cookies and parameters whose names speak of secrets are masked, and so are those members of a body in
JSON or in a form. Pure: entries out of responses, with the moments handed in.
"""

from __future__ import annotations

from ...sansio.http1.headers import text_of
from ...sansio.redaction import MASK, masked, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final, TypeAlias

    # A Response, a PreparedRequest, a value of JSON.
    _Response: TypeAlias = Any
    _Request: TypeAlias = Any
    _Value: TypeAlias = Any

#: Bytes of a body that are kept; of a longer one its size is told.
MAX_BODY: Final = 1_048_576
# A member of what is no JSON after all.
_MEMBER: Final = r'"([^"\\]*)"\s*:'


class Body:
    """The body of a response as it goes by: kept up to MAX_BODY, and counted."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Note one piece."""
        self.size += len(piece)
        if self.size <= MAX_BODY:
            self.pieces.append(piece)
        else:
            self.pieces.clear()

    @property
    def content(self) -> bytes | None:
        """The whole body, None where it was too long to be kept."""
        return b"".join(self.pieces) if self.size <= MAX_BODY else None


def archive(responses: Iterable[_Response], body: Body, started: float, version: str) -> dict[str, object]:
    """Return a HAR document.

    Args:
        responses: those of the redirects, and the final one.
        body: the final one's, decoded.
        started: when the first request began, in seconds since 1970.
        version: of this program.
    """
    entries = []
    received = list(responses)
    for response in received:
        is_last = response is received[-1]
        content = body.content if is_last else (response.content or b"")
        size = body.size if is_last else len(content or b"")
        entries.append(_entry(response, content, size, started))
        timings = response.timings
        started += (timings.total if timings is not None else None) or 0.0
    creator = {"name": "httpcore-lite", "version": version}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _entry(response: _Response, content: bytes | None, size: int, started: float) -> dict[str, object]:
    timings = _timings(response.timings)
    info = response.connection_info
    entry: dict[str, object] = {
        "startedDateTime": _moment(started),
        "time": round(sum(value for value in timings.values() if value > 0) - max(timings["ssl"], 0), 3),
        "request": _request(response.request),
        "response": _of_response(response, content, size),
        "cache": {},
        "timings": timings,
    }
    if info is not None:
        entry["connection"] = str(info.number)
        if isinstance(info.remote_address, tuple):
            entry["serverIPAddress"] = str(info.remote_address[0])
    return entry


def _moment(seconds: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _timings(timings: _Value) -> dict[str, float]:
    """Return the phases in milliseconds, -1 where there was none; `connect` counts `ssl` in, as HAR has it."""
    found = {
        name: None if timings is None else getattr(timings, ours)
        for name, ours in (
            ("blocked", "queue"), ("dns", "dns"), ("connect", "connect"), ("ssl", "tls"), ("send", "send"),
            ("wait", "wait"), ("receive", "receive"),
        )
    }  # fmt: skip
    if found["ssl"] is not None:
        found["connect"] = (found["connect"] or 0.0) + found["ssl"]
    result = {name: -1.0 if value is None else round(value * 1000, 3) for name, value in found.items()}
    return {**result, **{name: max(result[name], 0.0) for name in ("send", "wait", "receive")}}


def _pairs(fields: Iterable[tuple[object, object]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in masked(fields)]


def _cookies(texts: Iterable[str]) -> list[dict[str, str]]:
    names = [text.strip().partition("=")[0] for text in texts]
    return [{"name": name, "value": MASK} for name in names if name]


def _request(request: _Request) -> dict[str, object]:
    from urllib.parse import parse_qsl

    url = masked_target(str(request.url))
    fields = [(name, value) for name, value in (request.headers or {}).items()]
    sent = next((text_of(value) for name, value in fields if text_of(name).lower() == "cookie"), "")
    body = request.body
    found: dict[str, object] = {
        "method": str(request.method),
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(sent.split(";")) if sent else [],
        "headers": _pairs(fields),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(url.partition("?")[2].partition("#")[0], keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(body) if isinstance(body, (bytes, str)) else 0 if body is None else -1,
    }
    if body is not None and body != b"":
        kind = next((text_of(value) for name, value in fields if text_of(name).lower() == "content-type"), "")
        found["postData"] = _post(body, kind)
    return found


def _post(body: object, kind: str) -> dict[str, object]:
    raw = body.encode() if isinstance(body, str) else body
    if not isinstance(raw, bytes) or len(raw) > MAX_BODY:
        return {"mimeType": kind, "params": [], "text": "", "comment": "not kept: a stream, or too long"}
    text = masked_body(raw, kind)
    if text is None:
        return {"mimeType": kind, "params": [], "text": "", "comment": f"not kept: {len(raw)} bytes"}
    return {"mimeType": kind, "params": [], "text": text}


def _of_response(response: _Response, content: bytes | None, size: int) -> dict[str, object]:
    fields = list((response.raw.headers if response.raw is not None else response.headers).items())
    kind = response.headers.get("Content-Type", "")
    set_here = [text_of(value).partition(";")[0] for name, value in fields if text_of(name).lower() == "set-cookie"]
    held: dict[str, object] = {"size": size, "mimeType": kind or "x-unknown"}
    if content is None:
        held["comment"] = "not kept: too long"
    elif content:
        text = masked_body(content, kind)
        if text is not None:
            held["text"] = text
        else:
            from base64 import b64encode

            held["text"], held["encoding"] = b64encode(content).decode("ascii"), "base64"
    return {
        "status": response.status_code,
        "statusText": str(response.reason or ""),
        "httpVersion": "HTTP/1.0" if getattr(response.raw, "version", 11) == 10 else "HTTP/1.1",
        "cookies": _cookies(set_here),
        "headers": _pairs(fields),
        "content": held,
        "redirectURL": masked_target(response.headers.get("Location", "")),
        "headersSize": -1,
        "bodySize": -1,
    }


# -- bodies ------------------------------------------------------------------------------------------------------------


def masked_body(content: bytes, kind: str) -> str | None:
    """Return a body as text without its secrets; None for one that is no text, and for multipart."""
    if kind.lower().startswith("multipart/"):
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # What -d sends is said to be a form, whatever it is.
    if "json" in kind.lower() or text.lstrip()[:1] in ("{", "["):
        return _masked_json(text)
    if "x-www-form-urlencoded" in kind.lower():
        return "&".join(map(_masked_pair, text.split("&")))
    return text


def _is_secret(name: str) -> bool:
    return masked([(name, "shown")])[0][1] == MASK


def _masked_pair(text: str) -> str:
    from urllib.parse import unquote_plus

    name, equals, _ = text.partition("=")
    return f"{name}={MASK}" if equals and _is_secret(unquote_plus(name)) else masked_target("?" + text)[1:]


def _masked_json(text: str) -> str:
    """Return JSON, or lines of it. Of what is neither, nothing is kept behind a name that is a secret's."""
    try:
        return _masked_document(text)
    except (ValueError, RecursionError):
        pass
    try:
        return "\n".join([_masked_document(line) if line.strip() else line for line in text.split("\n")])
    except (ValueError, RecursionError):
        import re

        found = next((found for found in re.finditer(_MEMBER, text) if _is_secret(found[1])), None)
        return text if found is None else f"{text[: found.end()]} {MASK}"


def _masked_document(text: str) -> str:
    """Return a document, as it is where no member is a secret. ValueError, RecursionError: it is none, or too deep."""
    import json

    secrets = 0

    def hide(members: list[tuple[str, _Value]]) -> _Value:
        nonlocal secrets
        names = {name for name, _ in members if _is_secret(name)}
        secrets += len(names)
        return {name: MASK if name in names else value for name, value in members}

    value = json.loads(text, object_pairs_hook=hide)
    return json.dumps(value, ensure_ascii=False) if secrets else text
