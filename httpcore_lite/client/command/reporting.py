r"""What is told of an exchange beside its body: heads, the steps of `-v`, `--timings`, and the variables of `-w`.

Pure: text out of a response, or out of what a trace function is told. Control characters from the server are shown as
`\x1b`, secrets as sansio/redaction has it. In `-w`, `\n`, `\t` and `\r` are what they are in curl, `%%` is `%`.
"""

from __future__ import annotations

from ...sansio.http1.headers import text_of
from ...sansio.redaction import masked, masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Final, TypeAlias

    # A Response: this room is below the one that has the class.
    _Response: TypeAlias = Any
    # What a trace function is told of an event.
    _Info: TypeAlias = Mapping[str, Any]

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\\\"}
# Spaces of other widths and scripts.
_SPACES: Final = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_TIMES: Final = (
    "time_appconnect", "time_connect", "time_namelookup", "time_pretransfer", "time_redirect", "time_starttransfer",
)  # fmt: skip
# Phases of `Timings`, and what they are called.
_PHASES: Final = (
    ("queue", "waiting for a connection"),
    ("dns", "name lookup"),
    ("connect", "connecting"),
    ("tls", "TLS handshake"),
    ("send", "sending the request"),
    ("wait", "waiting for the response"),
    ("receive", "receiving the body"),
)


def visible(text: str) -> str:
    r"""Return a text with its control characters shown as `\x1b`, but for tabs and line ends.

    So are those that turn the direction of text: nothing that a server says may change what else is on the screen.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text])


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _SPACES:
        return character
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


# -- heads -------------------------------------------------------------------------------------------------------------


def response_head(response: _Response) -> list[str]:
    """Return the lines of a response's head as they came, without line ends."""
    version = "HTTP/1.0" if getattr(response.raw, "version", 11) == 10 else "HTTP/1.1"
    fields = (response.raw.headers if response.raw is not None else response.headers).items()
    first = f"{version} {response.status_code} {response.reason or ''}".rstrip()
    return [first, *[f"{text_of(name)}: {text_of(value)}" for name, value in fields]]


class Verbose:
    """What `-v` shows of each step, as lines: `*` for steps, `>` for the request's head, `<` for the response's."""

    def lines(self, event: str, info: _Info) -> list[str]:
        """Return the lines of one event of a trace."""
        found = getattr(self, "on_" + event.replace(".", "_"), None)
        lines: Iterable[str] = () if found is None else found(info)
        return [visible(each).replace("\n", " ") for each in lines]

    def on_dns_end(self, info: _Info) -> Iterator[str]:
        yield f"* {info['host']} is at {', '.join(map(str, info['addresses']))}"

    def on_connect_end(self, info: _Info) -> Iterator[str]:
        yield f"* connected to {_address(info['remote_address'])} from {_address(info['local_address'])}"

    def on_proxy_end(self, info: _Info) -> Iterator[str]:
        yield f"* {masked_target(str(info['proxy']))} has opened a way"

    def on_tls_end(self, info: _Info) -> Iterator[str]:
        yield f"* {info['version']} with {info['cipher']}" + (", resumed" if info["resumed"] else "")

    def on_connection_reused(self, info: _Info) -> Iterator[str]:
        yield f"* connection {info['connection']} serves again"

    def on_send_start(self, info: _Info) -> Iterator[str]:
        yield f"> {info['method']} {info['target']} HTTP/1.1"
        for name, value in info["headers"]:
            yield f"> {name}: {value}"
        yield ">"

    def on_response_informational(self, info: _Info) -> Iterator[str]:
        yield f"< HTTP/1.1 {info['status']} {info['reason']}".rstrip()
        yield "<"

    def on_response_head(self, info: _Info) -> Iterator[str]:
        yield f"< HTTP/{info['version'] / 10} {info['status']} {info['reason']}".rstrip()
        for name, value in info["headers"]:
            yield f"< {name}: {value}"
        yield "<"

    def on_response_mended(self, info: _Info) -> Iterator[str]:
        yield f"* the head of the response was put right: {info['note']}"

    def on_request_replayed(self, info: _Info) -> Iterator[str]:
        yield "* that connection had died: the request is sent once more"

    def on_request_redirected(self, info: _Info) -> Iterator[str]:
        yield f"* {info['status']} leads to {masked_target(str(info['location']))}"


def _address(address: object) -> str:
    if isinstance(address, tuple) and len(address) > 1:
        return f"[{address[0]}]:{address[1]}" if ":" in str(address[0]) else f"{address[0]}:{address[1]}"
    return str(address or "a Unix socket")


def shown_fields(fields: Iterable[tuple[object, object]]) -> list[tuple[str, str]]:
    """Return fields as they may be shown to others."""
    return masked(fields)


# -- what is measured --------------------------------------------------------------------------------------------------


def timings_table(responses: list[_Response]) -> list[str]:
    """Return the phases of each exchange as lines of a table, in milliseconds."""
    timings = [each.timings for each in responses]
    rows = [(words, [getattr(each, name, None) for each in timings]) for name, words in _PHASES]
    rows = [row for row in rows if any(value is not None for value in row[1])]
    rows.append(("in all", [getattr(each, "total", None) for each in timings]))
    table = [f"{words:<26}" + "".join(_milliseconds(value) for value in values) for words, values in rows]
    if len(responses) > 1:
        table.insert(0, " " * 26 + "".join(f"{each.status_code:>13}" for each in responses))
    return table


def _milliseconds(seconds: float | None) -> str:
    return f"{'-':>13}" if seconds is None else f"{seconds * 1000:>10.1f} ms"


class Measured:
    """What is known when all is over.

    Args:
        url: that was asked for.
        method: that was asked with.
        response: the final one, None where there is none.
        seconds: that it took in all.
        received: bytes of the body, as they came.
        filename: that it was written to.
        code: the exit code.
        error: the line that was said of it.
    """

    def __init__(
        self,
        url: str,
        method: str,
        response: _Response | None,
        seconds: float,
        received: int = 0,
        filename: str = "",
        code: int = 0,
        error: str = "",
    ) -> None:
        self.url = url
        self.method = method
        self.response = response
        self.seconds = seconds
        self.received = received
        self.filename = filename
        self.code = code
        self.error = error

    def variables(self) -> dict[str, object]:
        """Return the variables of `-w`, with curl's names and meanings."""
        response = self.response
        headers = {} if response is None else response.headers
        url = self.url if response is None else str(response.url)
        found: dict[str, object] = {
            "content_type": headers.get("Content-Type"),
            "errormsg": self.error or None,
            "exitcode": self.code,
            "filename_effective": self.filename or None,
            "http_code": 0 if response is None else response.status_code,
            "http_version": "0",
            "method": self.method if response is None else response.request.method,
            "num_redirects": 0 if response is None else len(response.history),
            "redirect_url": None if response is None or response.next is None else _without_login(response.next.url),
            "response_code": 0 if response is None else response.status_code,
            "scheme": url.partition("://")[0].upper(),
            "size_download": self.received,
            "speed_download": int(self.received / self.seconds) if self.seconds else 0,
            "time_total": self.seconds,
            "url": _without_login(self.url),
            "url_effective": _without_login(url),
        }
        if response is not None:
            found["http_version"] = "1" if getattr(response.raw, "version", 11) == 10 else "1.1"
        return {**found, **self._times(), **self._places()}

    def _times(self) -> dict[str, object]:
        """Return curl's times, each of which counts from the beginning."""
        times: dict[str, object] = dict.fromkeys(_TIMES, 0.0)
        timings = getattr(self.response, "timings", None)
        if timings is None:
            return times
        earlier = [each.timings for each in getattr(self.response, "history", ())]
        before = sum(each.total or 0.0 for each in earlier if each is not None)
        at = before + (timings.queue or 0.0) + (timings.dns or 0.0)
        times["time_redirect"], times["time_namelookup"] = before, at
        times["time_connect"] = at = at + (timings.connect or 0.0)
        if timings.tls is not None:
            times["time_appconnect"] = at = at + timings.tls
        times["time_pretransfer"] = at
        times["time_starttransfer"] = at + timings.send + timings.wait
        return times

    def _places(self) -> dict[str, object]:
        info = getattr(self.response, "connection_info", None)
        found: dict[str, object] = {}
        for name in ("remote", "local"):
            address = getattr(info, name + "_address", None)
            host, port = address[:2] if isinstance(address, tuple) and len(address) > 1 else ("", 0)
            found[name + "_ip"], found[name + "_port"] = host, port
        return found


def _without_login(url: str) -> str:
    """Return a URL without user and password. All else is as it is: a script goes on with it."""
    before, mark, rest = url.partition("://")
    end = min((rest + each).find(each) for each in "/?#\\")
    return before + mark + rest[:end].rpartition("@")[2] + rest[end:]


def written_out(template: str, measured: Measured) -> tuple[str, list[str]]:
    """Return what `-w` prints for its template, and the variables in it that there are not."""
    variables = measured.variables()
    pieces: list[str] = []
    unknown: list[str] = []
    at = 0
    while at < len(template):
        character = template[at]
        following = template[at + 1 : at + 2]
        if character == "\\" and following in _ESCAPES:
            pieces.append(_ESCAPES[following])
            at += 2
        elif character == "%" and following == "%":
            pieces.append("%")
            at += 2
        elif character == "%" and following == "{" and (end := template.find("}", at)) > 0:
            name = template[at + 2 : end]
            at = end + 1
            if name == "json":
                pieces.append(_json(variables))
            elif name in variables:
                pieces.append(_shown(name, variables[name]))
            else:
                unknown.append(name)
        else:
            pieces.append(character)
            at += 1
    return "".join(pieces), unknown


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in ("http_code", "response_code"):
        return f"{value:03}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _json(variables: Mapping[str, object]) -> str:
    import json

    rounded = {name: round(value, 6) if isinstance(value, float) else value for name, value in variables.items()}
    return json.dumps(dict(sorted(rounded.items())), ensure_ascii=False)
