"""What a command line asks for: Settings become the arguments of a Session and of its request.

Pure but for what is handed in: files, standard input and the password are read by `Sources`. What contradicts itself,
or makes no sense, is a UsageError, before anything is sent.
"""

from __future__ import annotations

from ...sansio.timeouts import Timeouts
from .table import Settings, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO, Final, Protocol, TypeAlias

    from .item_syntax import Items

    Header: TypeAlias = tuple[str, str | None]

    class Sources(Protocol):
        """What is read for a request: by the names that the command line has for it."""

        def read(self, path: str) -> bytes:
            """Return the content of a file, of standard input for "-"."""
            ...

        def opened(self, path: str) -> BinaryIO:
            """Return a file to be read while it is sent."""
            ...

        def stream(self) -> Iterator[bytes]:
            """Yield standard input piece by piece."""
            ...

        def password(self, name: str) -> str:
            """Ask for the password of a user."""
            ...


# Methods that are known in small letters, too.
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"


class Asked:
    """One request: its method, its URL, and the keywords of `Session(...)` and of `Session.request`."""

    def __init__(self, method: str, url: str) -> None:
        self.method = method
        self.url = url
        self.session: dict[str, object] = {}
        self.request: dict[str, object] = {}


def asked_for(settings: Settings, sources: Sources) -> Asked:
    """Return what a command line asks for. UsageError; OSError: a file cannot be read."""
    method, url, words = _positional(settings)
    items = None
    if words:
        from .item_syntax import parse_items

        items = parse_items(words, sources.read)
    _check_output(settings)
    asked = Asked(method or "", full_url(url, settings.scheme))
    headers = _headers(settings, items, sources)
    body = _body(settings, items, headers, sources)
    query = body.pop("data", None) if settings.data_in_query else None
    if isinstance(query, bytes):
        asked.url = _with_query(asked.url, query.decode("utf-8", "surrogateescape"))
    if settings.upload not in (None, "-", "."):
        asked.url = _with_name(asked.url, str(settings.upload))
    if not asked.method:
        asked.method = "HEAD" if settings.head else _default_method(settings, body)
    if items is not None and items.parameters:
        asked.request["params"] = items.parameters
    asked.request.update(body)
    asked.request.update(
        headers={name: None if value is None else _as_bytes_go(value) for name, value in headers.values()},
        timeout=_timeouts(settings),
        allow_redirects=not settings.no_redirects,
        verify=False if settings.insecure else settings.cacert,
        stream=True,
    )
    _way(settings, asked)
    _credentials(settings, asked, sources, bool(headers.get("authorization", ("", None))[1]))
    return asked


# -- the words ---------------------------------------------------------------------------------------------------------


def _positional(settings: Settings) -> tuple[str | None, str, list[str]]:
    """Return (method or None, URL, items)."""
    words = list(settings.words)
    method = settings.method
    if len(words) > 1 and words[0].isascii() and words[0].isalpha() and _is_method(words[0]):
        word = words.pop(0).upper()
        if method is not None and method != word:
            raise UsageError(f"say the method once: it is both {word} and -X {method}")
        method = word
    if not words or not words[0] or (len(words) == 1 and words[0] in _METHODS):
        raise UsageError("write a URL: httpcore-lite [METHOD] URL [ITEM ...]; --help shows all")
    if method is not None and not method.strip():
        raise UsageError("-X needs a method: GET, POST, PUT ...")
    return method, words[0], words[1:]


def _is_method(word: str) -> bool:
    return word.isupper() or word.upper() in _METHODS


def full_url(text: str, scheme: str = "http") -> str:
    """Return the URL that is meant: `:3000/x` is of this machine, and what has no scheme gets one."""
    if not text.isascii():
        # Bytes of the command line that are no UTF-8.
        text = "".join([f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in text])
    before, mark, _ = text.partition("://")
    if not mark and before[:6].lower() in ("http:/", "https:"):
        before, mark, rest = text.partition(":/")  # a slash too few, which curl takes as well
        if mark:
            return f"{before}://{rest}"
    if mark and before.replace("+", "a").replace("-", "a").replace(".", "a").isalnum():
        return text
    if text[:1] == ":" and text[:2] != "::":
        port = text[1:].partition("/")[0].partition("?")[0]
        if not port:
            return f"{scheme}://localhost{text[1:]}"
        if port.isdigit():
            return f"{scheme}://localhost{text}"
    return f"{scheme}://{text}"


def _with_query(url: str, query: str) -> str:
    place, mark, fragment = url.partition("#")
    return place + ("&" if "?" in place else "?") + query + mark + fragment


def _with_name(url: str, path: str) -> str:
    """Return the URL that a file is sent to: one that names no file gets the name of this one."""
    place = url.partition("#")[0].partition("?")[0]
    mark = "" if "/" in place.partition("://")[2] else "/"
    if not (place + mark).endswith("/"):
        return url
    from urllib.parse import quote

    return place + mark + quote(path.replace("\\", "/").rpartition("/")[2]) + url[len(place) :]


def _default_method(settings: Settings, body: dict[str, object]) -> str:
    if settings.upload is not None:
        return "PUT"
    return "POST" if body else "GET"


def _check_output(settings: Settings) -> None:
    if settings.remote_name and settings.output is not None:
        raise UsageError("say either -o FILE or -O")
    if settings.header_name and not settings.remote_name:
        raise UsageError("-J goes with -O: -OJ saves under the name that the server gives")
    if settings.resume is None:
        return
    if settings.resume != "-" and not (settings.resume.isascii() and settings.resume.isdigit()):
        raise UsageError(f"-C takes - or a number of bytes, not {settings.resume!r}")
    if not settings.remote_name and settings.output in (None, "-"):
        raise UsageError("say with -o FILE or -O where to go on: -C continues a file")
    if settings.range is not None:
        raise UsageError("say either -C or -r")
    if settings.header_name:
        raise UsageError("say either -C or -J: before the request it is not known which file to continue")


# -- headers and body --------------------------------------------------------------------------------------------------


def _headers(settings: Settings, items: Items | None, sources: Sources) -> dict[str, Header]:
    """Return the fields by their names in small letters."""
    found: dict[str, Header] = {}
    if settings.agent is not None:
        _add(found, "User-Agent", settings.agent or None)
    if settings.referer is not None:
        if settings.referer.endswith(";auto"):
            raise UsageError("leave ;auto out of -e: a Referer is sent as it is given")
        _add(found, "Referer", settings.referer or None)
    if settings.range is not None:
        _add(found, "Range", f"bytes={settings.range}{'' if '-' in settings.range else '-'}")
        _add(found, "Accept-Encoding", "identity")
    lines: Iterable[str] = settings.headers
    for line in lines:
        if line.startswith("@"):
            for each in filter(bytes.strip, sources.read(line[1:]).splitlines()):
                _add(found, *header_of(each.decode("utf-8", "surrogateescape")))
        else:
            _add(found, *header_of(line))
    for name, value in items.headers if items is not None else ():
        _add(found, name, value)
    return found


def _add(found: dict[str, Header], name: str, value: str | None) -> None:
    """Add a field: of one that is given twice the values become a list (RFC 9110 section 5.3)."""
    key = name.lower()
    before = (
        found[key][1] if key in found and key not in ("user-agent", "referer", "range", "accept-encoding") else None
    )
    if before and value:
        value = f"{before}; {value}" if key == "cookie" else f"{before}, {value}"
    found[key] = (name, value)


def _as_bytes_go(value: str) -> str:
    """Return a text of a field as Latin-1 reads the bytes that were typed: curl sends these, UTF-8 as a rule."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")


def header_of(line: str) -> Header:
    """Return (name, value) of `Name: value`; the value is None in `Name:`, and empty in `Name;`. UsageError."""
    name, colon, value = line.partition(":")
    if colon and name.strip():
        return name.strip(), value.strip() or None
    if line.endswith(";") and line[:-1].strip():
        return line[:-1].strip(), ""
    # Not shown: it may be a secret.
    raise UsageError("write a header as 'Name: value': there is one that has no colon, or no name")


def _body(settings: Settings, items: Items | None, headers: dict[str, Header], sources: Sources) -> dict[str, object]:
    """Return the keywords that a body is given by; fields that belong to it are added to `headers`."""
    with_fields = items is not None and bool(items.fields or items.files)
    given = {
        "-d": bool(settings.pieces),
        "-F": bool(settings.form),
        "-T": settings.upload is not None,
        "items": with_fields,
    }
    several = [name for name, is_given in given.items() if is_given]
    if len(several) > 1:
        raise UsageError(f"say what is sent in one way: {several[0]} and {several[1]} are two")
    if settings.data_in_query and several not in ([], ["-d"]):
        raise UsageError(f"-G goes with -d, not with {several[0]}")
    if settings.head and several and not settings.data_in_query:
        raise UsageError(f"say -i for the head of what {several[0]} asks for: -I sends nothing")
    if settings.pieces:
        return _pieces(settings, headers, sources)
    if settings.form:
        from .forms import parts_of

        return {"files": parts_of(settings.form, sources)}
    if settings.upload is not None:
        content = sources.stream() if settings.upload in ("-", ".") else sources.opened(settings.upload)
        return {"data": content}
    if items is not None and with_fields:
        from .forms import body_of_items

        content_type, body = body_of_items(items, settings.urlencoded, sources)
        if content_type:
            headers.setdefault("content-type", ("Content-Type", content_type))
            headers.setdefault("accept", ("Accept", f"{_JSON}, */*;q=0.5"))
        return body
    return {}


def _pieces(settings: Settings, headers: dict[str, Header], sources: Sources) -> dict[str, object]:
    """Return the body that -d and those like it make."""
    whole = b""
    is_json = False
    for number, (option, text) in enumerate(settings.pieces):
        piece = _piece(option, text, sources)
        whole += (b"&" if number and option != "json" else b"") + piece
        is_json = is_json or option == "json"
    if settings.data_in_query:
        return {"data": whole}
    if is_json:
        headers.setdefault("accept", ("Accept", _JSON))
    headers.setdefault("content-type", ("Content-Type", _JSON if is_json else _FORM))
    return {"data": whole}


def _piece(option: str, text: str, sources: Sources) -> bytes:
    if option == "data-urlencode":
        from urllib.parse import quote_plus

        name, mark, content = text, "", b""
        for place, character in enumerate(text):
            if character in "=@":
                name, mark, rest = text[:place], character, text[place + 1 :]
                content = sources.read(rest) if mark == "@" else rest.encode("utf-8", "surrogateescape")
                break
        if not mark:
            return quote_plus(text).encode()
        return ((name + "=") if name else "").encode("utf-8", "surrogateescape") + quote_plus(content).encode()
    if text[:1] != "@" or option == "data-raw":
        return text.encode("utf-8", "surrogateescape")
    content = sources.read(text[1:])
    return content.translate(None, b"\r\n\0") if option == "data" else content


# -- the way -----------------------------------------------------------------------------------------------------------


def _timeouts(settings: Settings) -> Timeouts:
    each = settings.timeout or None
    connect = each if settings.connect_timeout is None else settings.connect_timeout or None
    return Timeouts(connect=connect, read=each, write=each, total=settings.max_time or None)


def _way(settings: Settings, asked: Asked) -> None:
    """Enter what leads to the server."""
    session = asked.session
    if settings.max_redirects is not None:
        session["max_redirects"] = settings.max_redirects
    if settings.ipv4 or settings.ipv6:
        import socket

        session["family"] = socket.AF_INET6 if settings.ipv6 else socket.AF_INET
    if settings.unix_socket is not None:
        session["uds"] = settings.unix_socket
    if settings.resolve:
        session["resolve"] = dict(map(_resolved, settings.resolve))
    if settings.interface is not None:
        session.update(_interface(settings.interface))
    if settings.fingerprint is not None:
        session["assert_fingerprint"] = _fingerprint(settings.fingerprint)
    if settings.cert is not None:
        path, password = _path_and_password(settings.cert)
        if password is not None:
            session["cert_password"] = password
        asked.request["cert"] = (path, settings.key) if settings.key is not None else path
    elif settings.key is not None:
        raise UsageError("--key goes with --cert FILE, which names the certificate")
    if settings.max_size is not None:
        asked.request["max_response_size"] = settings.max_size


def full_proxy(proxy: str) -> str:
    """Return the proxy that `-x` means: http where no scheme is said, on port 1080 where none is, as with curl."""
    scheme, _, rest = proxy.rpartition("://")
    authority, slash, path = rest.partition("/")
    if scheme.lower() in ("", "http") and ":" not in authority.rpartition("@")[2].rpartition("]")[2]:
        authority += ":1080"
    return f"{scheme or 'http'}://{authority}{slash}{path}"


def proxy_with_user(proxy: str, user: str | None) -> str:
    """Return a proxy's URL with its scheme, and `USER[:PASSWORD]` in the place of those that it has."""
    scheme, _, rest = proxy.rpartition("://")
    if user is None:
        return proxy if scheme else f"http://{proxy}"
    from urllib.parse import quote

    name, colon, password = user.partition(":")
    authority = rest.rpartition("@")[2]
    return f"{scheme or 'http'}://{quote(name, safe='')}{colon}{quote(password, safe='')}@{authority}"


def _resolved(text: str) -> tuple[str, str]:
    from ipaddress import ip_address

    place = text.lstrip("+")
    end = place.find("]:") + 1 if place[:1] == "[" else place.find(":")
    host = place[:end] if end > 0 else ""
    port, _, address = place[end + 1 :].partition(":")
    try:
        ip_address(address.strip("[]"))
    except ValueError:
        host = ""
    if not host or not port.isdecimal():
        raise UsageError(f"--resolve takes HOST:PORT:ADDRESS with one IP address, not {text!r}")
    return f"{host}:{port}", address.strip("[]")


def _interface(name: str) -> dict[str, object]:
    from ipaddress import ip_address

    try:
        return {"source_address": (str(ip_address(name.removeprefix("host!").strip("[]"))), 0)}
    except ValueError:
        pass
    import socket

    device = getattr(socket, "SO_BINDTODEVICE", None)
    if device is None or name.startswith("host!"):
        raise UsageError(f"--interface takes the IP address to connect from, not {name!r}")
    return {"socket_options": [(socket.SOL_SOCKET, device, name.removeprefix("if!").encode() + b"\0")]}


def _fingerprint(text: str) -> str:
    digits = text.lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise UsageError("--fingerprint takes the SHA-256 of a certificate: 64 hexadecimal digits")
    return digits


def _path_and_password(text: str) -> tuple[str, str | None]:
    """Return what curl takes `FILE[:PASSWORD]` for; `\\:` is a colon of the path, and so is a drive's."""
    start = 2 if text[1:2] == ":" and text[:1].isalpha() and text[2:3] in ("\\", "/") else 0
    at = text.find(":", start)
    while at > 0 and text[at - 1] == "\\" and start == 0:
        at = text.find(":", at + 1)
    path, password = (text, None) if at < 0 else (text[:at], text[at + 1 :])
    return path.replace("\\:", ":") if start == 0 else path, password


def _credentials(settings: Settings, asked: Asked, sources: Sources, in_headers: bool) -> None:
    """Enter credentials and cookies. What -H says comes before -u, as with curl."""
    if settings.user is not None and not in_headers:
        name, colon, password = settings.user.partition(":")
        if not colon:
            password = sources.password(name)
        asked.request["auth"] = (name.encode("utf-8", "surrogateescape"), password.encode("utf-8", "surrogateescape"))
    pairs: dict[str, str] = {}
    for text in settings.cookies:
        if "=" in text:
            for each in text.split(";"):
                name, equals, value = each.strip().partition("=")
                if equals and name:
                    pairs[_as_bytes_go(name)] = _as_bytes_go(value)
    if pairs:
        asked.request["cookies"] = pairs
