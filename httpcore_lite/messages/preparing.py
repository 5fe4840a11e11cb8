"""What a PreparedRequest is made of: its URL and its body, worked out from what the caller gave.

Pure steps without a request around them; `models.PreparedRequest` calls them and keeps the results. Errors are
those of requests and name the culprit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

from .._internal_utils import late
from ..exceptions import (
    InvalidBody,
    InvalidHeader,
    InvalidJSONError,
    InvalidURL,
    MissingSchema,
    RequestException,
    explained,
)
from ..sansio.errors import LocationParseError
from ..sansio.http1.request_body import position_of, utf8
from ..structures import CaseInsensitiveDict, pairs_of
from .urls import LOWER_ESCAPE, encode_idna, parse_url, requote_uri, unparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final, TypeAlias

    # What a program gives in one of many forms, which are told apart here.
    _Given: TypeAlias = Any

    from .. import compat
    from . import bodies as _bodies
    from . import fields as _fields
    from . import url_parts as _url_parts
    from .shapes import PreparedRequest, Readable
else:
    compat = late(".compat")
    _bodies = late(".messages.bodies")
    _fields = late(".messages.fields")
    _url_parts = late(".messages.url_parts")

# `python -b`: comparing bytes with text, even to find out that they differ, is an error or a warning then.
_BYTES_ARE_WATCHED: Final = bool(sys.flags.bytes_warning)

# Prepared URLs by the text that the caller wrote, for calls without parameters: programs ask for the same again.
_PREPARED: Final[dict[str, str]] = {}
_MAX_PREPARED: Final = 1024
_MAX_PREPARED_LENGTH: Final = 2048

# The fields of the request before, as (name, value) pairs that have been found valid: texts only, and not too long.
_valid_fields: tuple[tuple[str, str | bytes | None], ...] = ()
_MAX_FIELDS_LENGTH: Final = 16_384


def prepared_url(url: str | bytes | None, params: _Given, encode: Callable[[_Given], object]) -> str:
    """Return `url` in the form in which it is requested, `params` added to its query by `encode`.

    A URL of another scheme than http or https is left as it is, for an adapter that knows it. MissingSchema,
    InvalidURL (both also ValueErrors) say what is wrong with it.
    """
    if not params and type(url) is str:
        found = _PREPARED.get(url)
        if found is not None:
            return found
    text = url_text(url).lstrip()
    if ":" in text and not text.lower().startswith("http"):
        return _split_able(text)
    prepared = _with_params(text, params, encode)
    # What becomes of small letters in escapes depends on what a program has put into urllib3 by then.
    settled = type(url) is str and not ("%" in url and re.search(LOWER_ESCAPE, url))
    if not params and type(url) is str and settled and len(url) <= _MAX_PREPARED_LENGTH >= len(prepared):
        if len(_PREPARED) >= _MAX_PREPARED:
            _PREPARED.clear()
        _PREPARED[url] = prepared
    return prepared


def _with_params(text: str, params: _Given, encode: Callable[[_Given], object]) -> str:
    try:
        scheme, auth, host, port, path, query, fragment = parse_url(text)
    except LocationParseError as error:
        raise explained(InvalidURL(*error.args), error.detail) from error
    if not scheme:
        from .url_errors import no_scheme

        said, words = no_scheme(text)
        raise explained(MissingSchema(said), words)
    if not host:
        from .url_errors import no_host

        said, words = no_host(text)
        raise explained(InvalidURL(said), words)
    if not host.isascii():
        try:
            host = encode_idna(host)
        except (UnicodeError, LocationParseError) as error:
            raise _no_name(host) from error
    elif host.startswith(("*", ".")):
        raise _no_name(host)
    netloc = f"{auth}@{host}" if auth else host
    if port:
        netloc += f":{port}"
    encoded = _encoded(params, encode) if params else ""
    if encoded:
        if not isinstance(encoded, str):
            raise TypeError(f"params= takes a mapping, pairs, text or bytes, not {type(params).__name__}")
        query = f"{query}&{encoded}" if query else encoded
    prepared = requote_uri(unparse(scheme, netloc, path or "/", query, fragment))
    if scheme not in ("http", "https"):
        # Of these `parse_url` has judged host and userinfo; of others, http+unix for one, the adapter will.
        return _split_able(prepared)
    return prepared


def _split_able(url: str) -> str:
    """Return a URL that can be taken apart. InvalidURL: it cannot."""
    try:
        _url_parts.split(url)
    except ValueError as error:
        raise InvalidURL(_unreadable(url, error)) from error
    return url


def url_text(url: object) -> str:
    """Return a URL as text; bytes are read as UTF-8. InvalidURL: they are none."""
    if not isinstance(url, bytes):
        return str(url)
    try:
        return url.decode("utf-8")
    except UnicodeDecodeError as error:
        # Not chained: the error of the codec shows all of the URL.
        text = _unreadable(url.decode("utf-8", "replace"), ValueError(f"byte {error.start} is no UTF-8"))
        raise InvalidURL(text) from None


def _encoded(params: object, encode: Callable[[_Given], object]) -> object:
    try:
        return encode(params.decode("ascii") if isinstance(params, bytes) else params)
    except (InvalidBody, UnicodeError) as error:
        problem = error.reason if isinstance(error, UnicodeDecodeError) else "it holds a lone surrogate"
        raise InvalidURL(f"params= cannot be part of a URL: {problem}") from None


def _unreadable(text: str, error: ValueError) -> str:
    from .url_errors import shown

    return f"{shown(text)}: {error}"


def _no_name(host: str) -> RequestException:
    return explained(InvalidURL("URL has an invalid label."), f"{host[:100]!r} is no host name")


def prepared_headers(headers: Mapping[str, str | bytes | None] | None) -> CaseInsensitiveDict[str | bytes]:
    """Return the fields as a CaseInsensitiveDict of their own. InvalidHeader names one that cannot be sent."""
    global _valid_fields
    fields: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict()
    if not headers:
        return fields
    pairs = tuple(pairs_of(headers))
    texts = True
    # Equal fields, value by value, were found valid before; most requests of a program send the same ones.
    if pairs != _valid_fields:
        length = 0
        name: _Given
        value: _Given
        for name, value in pairs:
            if not _is_plain(name, value):
                _fields.check_header_validity((name, value))
                texts = texts and type(name) is type(value) is str
            length += len(value)
        if texts and not _BYTES_ARE_WATCHED:
            _valid_fields = pairs if length <= _MAX_FIELDS_LENGTH else ()
    if texts and type(headers) is CaseInsensitiveDict:
        fields._store = headers._store.copy()
        return fields
    for name, value in pairs:
        text = _name_text(name) if isinstance(name, bytes) else name
        fields._store[text.lower()] = (text, value)
    return fields


def _is_plain(name: object, value: object) -> bool:
    """Tell whether a field is one that `check_header_validity` lets pass, without what few fields have in them."""
    return (
        type(name) is str
        and type(value) is str
        and name.isprintable()  # no line end, and no white space but the blank
        and value.isprintable()
        and ":" not in name
        and name[:1] not in ("", " ")
        and value[:1] != " "
    )


def _name_text(name: bytes) -> str:
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidHeader(f"{name!r} is no name for a header field") from None


def encoded_params(data: _Given) -> str | bytes | Readable:
    """Return form fields as text in application/x-www-form-urlencoded; text, bytes and files as they are.

    A value that is a list gives its name several times; None leaves a pair out. Order is kept. InvalidBody: a name or
    a value holds a lone surrogate, which has no bytes in UTF-8.
    """
    if isinstance(data, (str, bytes)) or hasattr(data, "read") or not hasattr(data, "__iter__"):
        as_it_is: str | bytes | Readable = data  # what is neither of these nor a form is refused further down
        return as_it_is
    if type(data) is dict:
        quoted = _quoted_form(data)
        if quoted is not None:
            return quoted
    pairs = []
    for key, values in _bodies.to_key_val_list(data):
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            values = [values]
        pairs += [(_utf8(key), _utf8(value)) for value in values if value is not None]
    return compat.urlencode(pairs, doseq=True)


def _quoted_form(data: dict[object, object]) -> str | None:
    """Return what `urlencode` makes of texts and whole numbers, and of lists of these; None: there is something else.

    Most parameters are letters and digits, and stay as they are.
    """
    parts = []
    for key, value in data.items():
        for each in value if type(value) is list else (value,):
            if each is None:
                continue
            if not (type(key) is str and type(each) in (str, int, bool)):
                return None
            name, text = key, str(each)
            try:
                if not (name.isascii() and name.isalnum()):
                    name = compat.quote_plus(name)
                if not (text.isascii() and text.isalnum()):
                    text = compat.quote_plus(text)
            except UnicodeEncodeError:
                return None  # which the long way tells of
            parts.append(f"{name}={text}")
    return "&".join(parts)


def _utf8(value: object) -> _Given:
    return utf8(value, "a form field", InvalidBody) if isinstance(value, str) else value


def json_body(value: object, request: PreparedRequest) -> bytes:
    """Return `value` as JSON in UTF-8. InvalidJSONError for what has no place in JSON (NaN and the infinities)."""
    try:
        text: str | bytes = compat.json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise InvalidJSONError(error, request=request) from error
    return text if isinstance(text, bytes) else text.encode("utf-8")


# -- the body ----------------------------------------------------------------------------------------------------------


def prepare_body(request: PreparedRequest, data: _Given, files: _Given, json: object) -> None:
    """Set a request's body, and the fields that describe it: Content-Length or Transfer-Encoding, and Content-Type.

    What is sent piece by piece is sent with its length where it has one, in chunks otherwise.
    """
    body: _Given = None
    content_type = None
    if not data and json is not None:
        content_type = "application/json"
        body = json_body(json, request)
    if is_stream(data):
        _prepare_stream(request, data, files)
        return
    if files:
        body, content_type = request._encode_files(files, data)
    elif data:
        body = request._encode_params(data)
        form = not isinstance(data, (str, bytes)) and not hasattr(data, "read")
        content_type = "application/x-www-form-urlencoded" if form else None
    request.prepare_content_length(body)
    if files and not isinstance(body, bytes):
        # A form that is read while it is sent.
        request._body_position = position_of(body)
        _frame(request, getattr(body, "len", None))
    if content_type and "content-type" not in request.headers:
        request.headers["Content-Type"] = content_type
    request.body = body


def _prepare_stream(request: PreparedRequest, data: object, files: object) -> None:
    length = _bodies.length_of(data)
    request._body_position = position_of(data)
    if files:
        raise NotImplementedError("Streamed bodies and files are mutually exclusive.")
    if length or "Content-Length" not in request.headers or length == 0:
        # A length that the caller declared is believed otherwise, and checked while the body is sent.
        _frame(request, length or None)
    request.body = data


def _frame(request: PreparedRequest, length: int | None) -> None:
    if length is None:
        request.headers["Transfer-Encoding"] = "chunked"
    else:
        request.headers["Content-Length"] = str(length)


_NO_STREAMS: Final = frozenset({dict, list, tuple, str, bytes, type(None)})


def is_stream(data: object) -> bool:
    """Tell whether `data` is sent piece by piece: a file, a generator, anything iterable that is no form."""
    if type(data) in _NO_STREAMS:
        return False
    iterable = isinstance(data, Iterable) or hasattr(data, "__iter__")
    return iterable and not isinstance(data, (str, bytes, list, tuple, Mapping))
