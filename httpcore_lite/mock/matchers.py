"""What a canned response can want of a request beside method and URL: `match=[query_param_matcher({"page": 1})]`.

A matcher is called with the request (a PreparedRequest that has `params` and `req_kwargs` as well) and returns whether
it fits, and why not. Any function that does the same is one, too. The names, arguments and reasons are those of the
library `responses`; secrets are masked in the reasons.
"""

from __future__ import annotations

import json
from re import Pattern
from urllib.parse import parse_qsl

from ..client.mock_rules import pairs_of, parts_of, shown, shown_form, shown_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from .. import _types as _t
    from ..client.mock_rules import Params, Verdict
    from ..models import PreparedRequest

    class SentRequest(PreparedRequest):
        """A request as matchers, callbacks and calls see it."""

        params: Params
        req_kwargs: dict[str, object]

    Matcher: TypeAlias = Callable[[SentRequest], Verdict]

__all__ = [
    "body_matcher",
    "fragment_identifier_matcher",
    "header_matcher",
    "json_params_matcher",
    "multipart_matcher",
    "query_param_matcher",
    "query_string_matcher",
    "request_kwargs_matcher",
    "urlencoded_params_matcher",
]


# What an adapter's `send` is called with.
_KEYWORDS = ("timeout", "verify", "cert", "proxies", "stream")


def _verdict(fits: bool, reason: str) -> Verdict:
    return fits, "" if fits else reason


def _text(body: object) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, (bytes, bytearray)) else str(body)


def _mapping(matcher: str, value: object) -> None:
    if value is not None and not hasattr(value, "items"):
        raise TypeError(f"{matcher} takes a mapping of names to values, not {value!r:.100}")


# -- bodies --------------------------------------------------------------------------------------------------------


def body_matcher(params: str | bytes, *, allow_blank: bool = False) -> Matcher:
    """Want this body. `allow_blank` is taken for compatibility, and changes nothing."""

    def match(request: SentRequest) -> Verdict:
        body = request.body
        same = body == params if body is None else _text(body) == _text(params)
        return _verdict(
            same, f"request.body doesn't match {shown_text(_text(body))} doesn't match {shown_text(_text(params))}"
        )

    return match


def json_params_matcher(params: object, *, strict_match: bool = True) -> Matcher:
    """Want a body of JSON that says this; without `strict_match` objects may have more members than these.

    None is no body, or one that says `{}`. A body that gzip has compressed is decompressed.
    """
    wanted: object = params or ({} if params is None else params)

    def match(request: SentRequest) -> Verdict:
        body: object = request.body
        try:
            if isinstance(body, bytes) and body[:2] == b"\x1f\x8b":
                import gzip

                body = gzip.decompress(body)
            came = json.loads(_text(body)) if body else {}
        except (ValueError, OSError):
            return False, "request.body doesn't match: JSONDecodeError: Cannot parse request.body"
        if not strict_match:
            came = _common(came, wanted)
        return _verdict(came == wanted, f"request.body doesn't match: {shown(came)} doesn't match {shown(wanted)}")

    return match


def _common(came: object, wanted: object) -> object:
    """Return what of a value is named by another one, objects inside of objects included."""
    if not isinstance(came, dict) or not isinstance(wanted, dict):
        return came
    return {name: _common(value, wanted[name]) for name, value in came.items() if name in wanted}


def urlencoded_params_matcher(
    params: Mapping[str, str] | None, *, allow_blank: bool = False, strict_match: bool = True
) -> Matcher:
    """Want a form with these fields; without `strict_match` it may have more, but where none are wanted.

    `allow_blank` says whether fields without a value count.
    """
    _mapping("urlencoded_params_matcher", params)
    wanted = {name: str(value) for name, value in (params or {}).items()}

    def match(request: SentRequest) -> Verdict:
        body = request.body
        if body and "\n" in _text(body):
            return False, f"request.body doesn't match: it is no form, and {shown(wanted)} was wanted"
        came = dict(parse_qsl(_text(body), keep_blank_values=allow_blank)) if body else {}
        if wanted and not strict_match:
            came = {name: value for name, value in came.items() if name in wanted}
        return _verdict(came == wanted, f"request.body doesn't match: {shown(came)} doesn't match {shown(wanted)}")

    return match


def multipart_matcher(files: _t.FilesType, data: _t.DataType = None) -> Matcher:
    """Want a multipart form with these files and fields, as `files=` and `data=` of a request make it.

    Raises:
        TypeError: `files` is empty.
    """
    if not files:
        raise TypeError("multipart_matcher takes the files of the form, and got none")
    from ..messages.multipart import encode_files

    body, wanted_kind = encode_files(files, data)
    wanted_boundary = wanted_kind.partition("boundary=")[2]
    wanted = body if isinstance(body, bytes) else body.encode()  # of a long form, which is read while it is sent

    def match(request: SentRequest) -> Verdict:
        said = "multipart/form-data doesn't match. "
        if "Content-Type" not in request.headers:
            return False, said + "Request is missing the 'Content-Type' header"
        kind = _text(request.headers["Content-Type"])
        boundary = kind.partition("boundary=")[2]
        if kind.partition(";")[0].strip() != "multipart/form-data" or not boundary:
            return False, f"{said}Request headers['Content-Type'] is different. {kind} isn't equal to {wanted_kind}"
        came: object = request.body
        came = came.encode() if isinstance(came, str) else came
        if isinstance(came, bytes):
            came = came.replace(boundary.strip('"').encode(), wanted_boundary.encode())
        return _verdict(
            came == wanted, f"{said}Request body differs. {shown_form(came)} aren't equal {shown_form(wanted)}"
        )

    return match


# -- the URL -------------------------------------------------------------------------------------------------------


def query_param_matcher(params: Mapping[str, object] | None, *, strict_match: bool = True) -> Matcher:
    """Want this query; numbers count as their text. Without `strict_match` there may be more parameters."""
    _mapping("query_param_matcher", params)
    wanted = {
        name: str(value) if isinstance(value, (int, float)) else list(value) if isinstance(value, tuple) else value
        for name, value in (params or {}).items()
    }

    def match(request: SentRequest) -> Verdict:
        came = request.params
        if not strict_match:
            came = {name: value for name, value in came.items() if name in wanted}
        reason = f"Parameters do not match. {shown(came)} doesn't match {shown(wanted)}"
        if not strict_match:
            reason += "\nYou can use `strict_match=True` to do a strict parameters check."
        return _verdict(came == wanted, reason)

    return match


def query_string_matcher(query: str | None) -> Matcher:
    """Want this query, its parameters in any order."""
    wanted = sorted(pairs_of(query or ""))

    def match(request: SentRequest) -> Verdict:
        came = sorted(pairs_of(parts_of(str(request.url))[1]))
        reason = f"Query string doesn't match. {shown(dict(came))} doesn't match {shown(dict(wanted))}"
        return _verdict(came == wanted, reason)

    return match


def fragment_identifier_matcher(identifier: str | None) -> Matcher:
    """Want this fragment of the URL (`#...`), which is not sent; pairs in it may come in any order."""

    def match(request: SentRequest) -> Verdict:
        came = parts_of(str(request.url))[2]
        same = came == (identifier or "")
        if not same and "=" in came and identifier and "=" in identifier:
            same = sorted(pairs_of(came)) == sorted(pairs_of(identifier))
        return _verdict(
            same,
            f"URL fragment identifier is different: {shown_text(str(identifier))} doesn't match {shown_text(came)}",
        )

    return match


# -- fields and keywords -------------------------------------------------------------------------------------------


def header_matcher(headers: Mapping[str, str | Pattern[str]], strict_match: bool = False) -> Matcher:
    """Want these header fields, each with this value or with one that the pattern matches; only these if strict."""
    _mapping("header_matcher", headers)
    wanted = {name.lower(): value for name, value in headers.items()}

    def match(request: SentRequest) -> Verdict:
        fields = {name: _text(value) for name, value in (request.headers or {}).items()}
        if not strict_match:
            fields = {name: value for name, value in fields.items() if name.lower() in wanted}
        came = {name.lower(): value for name, value in fields.items()}
        fits = came.keys() == wanted.keys() and all(_is_value(wanted[name], value) for name, value in came.items())
        return _verdict(fits, f"Headers do not match: {shown(fields)} doesn't match {shown(dict(headers))}")

    return match


def _is_value(wanted: str | Pattern[str], came: str) -> bool:
    return bool(wanted.match(came)) if isinstance(wanted, Pattern) else came == _text(wanted)


def request_kwargs_matcher(kwargs: Mapping[str, object] | None) -> Matcher:
    """Want these of the keywords with which an adapter sends: timeout, verify, cert, proxies, stream."""
    _mapping("request_kwargs_matcher", kwargs)
    wanted = dict(kwargs or {})
    if unknown := wanted.keys() - set(_KEYWORDS):
        raise TypeError(f"request_kwargs_matcher takes {', '.join(_KEYWORDS)}, not {min(unknown)!r}")

    def match(request: SentRequest) -> Verdict:
        came = {name: value for name, value in request.req_kwargs.items() if name in wanted}
        return _verdict(came == wanted, f"Arguments don't match: {shown(came)} doesn't match {shown(wanted)}")

    return match
