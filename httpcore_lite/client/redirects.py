"""The small steps of following a redirect: where it leads, and what of a request goes there.

The story itself, with the steps that programs override, is `SessionRedirectMixin` in `sessions.py`.
"""

from __future__ import annotations

from .._internal_utils import to_native_string
from ..exceptions import (
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    RequestException,
    TooManyRedirects,
    UnrewindableBodyError,
)
from ..messages import url_parts, urls
from ..messages.bodies import is_spent_by_sending, rewind_body
from ..messages.urls import requote_uri
from ..sansio.errors import ResponseTooLarge
from ..sansio.options import MAX_REDIRECT_BODY
from ..sansio.redaction import masked_target
from ..sansio.trace import watcher
from .options import call_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ..messages.shapes import PreparedRequest, Response

    # What follows redirects, the PreparedRequest that it is given, a client certificate.
    _Session: TypeAlias = Any
    _Request: TypeAlias = Any
    _Cert: TypeAlias = Any

_UNIX = "http+unix://"


def target_of(resp: Response) -> str:
    """Return where a redirect leads, as its Location field has it."""
    named: str = resp.headers["location"]
    if "," in named:
        named = _only_location(resp, named)
    location = named.encode("latin1")
    # Servers write UTF-8 here, which arrives as Latin-1; bytes that are neither are escaped as they are.
    try:
        return location.decode("utf8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in location)


def followed(target: str, req: PreparedRequest, resp: Response) -> str:
    """Return the URL that a redirect leads to; the trace is told of it. InvalidURL, InvalidSchema: it leads nowhere."""
    url = _absolute(target, resp, url_parts.split(str(req.url)).fragment)
    refuse_other_socket(str(req.url), url, resp)
    call = call_of(req)
    watch = watcher(None if call is None else call.options.trace)
    if watch is not None:
        watch(
            "request.redirected",
            {
                "status": resp.status_code,
                "method": req.method,
                "url": masked_target(str(req.url)),
                "location": masked_target(url),
            },
        )
    return url


def refuse_other_socket(old: str, new: str, resp: Response) -> None:
    """Raise InvalidSchema when a redirect leads to a Unix socket, unless it is the one that it comes from.

    What listens there trusts all that can open it; a server somewhere else has no business sending us to it.
    """
    if new[: len(_UNIX)].lower() != _UNIX:
        return
    if old[: len(_UNIX)].lower() != _UNIX or urls.origin_of(old) != urls.origin_of(new):
        raise InvalidSchema(f"a redirect may not lead to a Unix socket: {masked_target(new)!r}", response=resp)


def leave(resp: Response, limit: int, follow: bool) -> None:
    """Read a redirect that is followed, and have it give its connection back.

    TooManyRedirects: the chain is longer than `limit`. Its explanation tells where it began and where it is.
    """
    if follow:  # one that is not is a response as any
        _read(resp)
    if len(resp.history) >= limit:
        from .failures import explain_redirects

        error = TooManyRedirects(f"Exceeded {limit} redirects.", response=resp)
        error._explain = explain_redirects
        raise error
    if follow:
        resp.close()


def method_after(method: str | None, status: int) -> str | None:
    """Return the method that follows a redirect, as browsers have it: 303, 302, and a 301 to POST, mean GET."""
    return "GET" if method != "HEAD" and (status in (302, 303) or (status == 301 and method == "POST")) else method


def _only_location(resp: Response, joined: str) -> str:
    """Return where a response leads whose Location, `joined` from all fields of that name, holds a comma.

    A comma may be part of a URL. Several fields that say the same are one; several that do not are an InvalidHeader,
    since joining them makes a URL that was not meant (RFC 9110 section 5.3).
    """
    getlist = getattr(getattr(resp.raw, "headers", None), "getlist", None)
    said = [] if getlist is None else getlist("location")
    if len(said) < 2 or ", ".join(said) != joined:
        return joined  # one field, or what a hook has put there
    if len(set(said)) > 1:
        shown = " and ".join([repr(masked_target(each)) for each in dict.fromkeys(said)])
        raise InvalidHeader(f"the redirect from {masked_target(resp.url)} names several places: {shown}", response=resp)
    return str(said[0])


# What speaks of the content, and means nothing without it (RFC 9110 section 15.4).
_OF_CONTENT = (
    "Content-Length", "Content-Type", "Transfer-Encoding", "Content-Encoding", "Content-Language", "Content-Location",
    "Content-MD5", "Content-Range", "Digest", "Content-Digest", "Repr-Digest", "Last-Modified", "Expect", "Trailer",
)  # fmt: skip


def next_request(session: _Session, req: PreparedRequest, resp: Response, url: str) -> _Request:
    """Return the request for `url` that follows `req`, without cookies: its method, and its body or none.

    `session` says which method follows (`rebuild_method`).
    """
    prepared = req.copy()
    prepared.url = to_native_string(url)
    session.rebuild_method(prepared, resp)
    drop_what_stays(prepared, req)
    return prepared


def drop_what_stays(prepared: PreparedRequest, before: PreparedRequest) -> None:
    """Take away what was for the URL, the method and the jar of the request `before`.

    A changed method has no body, nor fields that speak of it. The cookies are chosen anew.
    """
    headers = prepared.headers
    if prepared.method != before.method:
        for name in _OF_CONTENT:
            headers.pop(name, None)
        prepared.body = prepared._body_position = None
    if "Host" in headers and not host_stays(str(before.url), str(prepared.url)):
        del headers["Host"]
    headers.pop("Cookie", None)


def host_stays(old: str, new: str) -> bool:
    """Tell whether a Host field that the program set for `old` counts for `new`: the same host and port.

    From http on port 80 to https on port 443 counts as the same.
    """
    before, after = urls.origin_of(old), urls.origin_of(new)
    return before[1:] == after[1:] or not is_other_origin(old, new)


def is_other_origin(old: str, new: str) -> bool:
    """Tell whether `new` is of another origin; http to https on the standard ports of one host counts as the same."""
    before, after = urls.origin_of(old), urls.origin_of(new)
    upgraded = ("http", before[1], 80), ("https", before[1], 443)
    return before != after and (before, after) != upgraded


def cert_for(session: _Session, cert: _Cert, asked: str, req: PreparedRequest) -> _Cert:
    """Return the client certificate that goes where `req` goes, in a chain that began at the URL `asked`.

    One that a call brings is for its origin; the session's is for every origin.
    """
    own = cert is not getattr(session, "cert", None)
    return None if own and session.should_strip_auth(asked, str(req.url)) else cert


def choose_auth(
    session: _Session, req: _Request, resp: Response, netrc_of: Callable[[str], tuple[str, str] | None]
) -> None:
    """Take away credentials that are not for the URL of `req`, and find those that netrc has for it."""
    headers, url = req.headers, str(req.url)
    if "Authorization" in headers and session.should_strip_auth(str(resp.request.url), url):
        del headers["Authorization"]
    if "Authorization" in headers:
        return  # said by the program, or found for this host: it is not replaced
    found = netrc_of(url) if session.trust_env else None
    if found is not None and _may_have_login(resp, url, session.should_strip_auth):
        req.prepare_auth(found)


def _may_have_login(response: Response, url: str, should_strip_auth: Callable[[str, str], bool]) -> bool:
    """Tell whether netrc's login for the host of `url` may go there, at this point of a chain of redirects.

    netrc speaks of hosts. The first origin of a host in the chain is the one that its login is for: no other port
    of it that a redirect names gets it as well, and no login goes out in the clear once https was used.
    """
    scheme, host, _ = urls.origin_of(url)
    visited = [str(each.request.url) for each in (*response.history, response)]
    if scheme != "https" and any(urls.origin_of(old)[0] == "https" for old in visited):
        # A chain may lead away from where it began and come back, which is as good as at first.
        return not should_strip_auth(visited[0], url)
    first = next((old for old in visited if urls.origin_of(old)[1] == host), None)
    return first is None or not should_strip_auth(first, url)


def rewind(prepared: PreparedRequest, resp: Response) -> None:
    """Put the body back to where it began. UnrewindableBodyError: it was used up."""
    # The body is asked, not its fields: an object with nothing but `read` has none before it is sent.
    body, position = prepared.body, prepared._body_position
    if not is_spent_by_sending(body) and (position is None or not hasattr(body, "seek")):
        return
    try:
        if position is None:
            message = "The body was used up by the request that was redirected, so it cannot be sent again."
            raise UnrewindableBodyError(message)
        rewind_body(prepared)
    except UnrewindableBodyError as error:
        vars(error).update(request=prepared, response=resp)
        raise


def _read(resp: Response) -> None:
    """Read the body of a redirect that is followed, so that its connection can be used again.

    What was read is its `content`. A body that is longer than MAX_REDIRECT_BODY bytes, or broken, costs its connection,
    and reading its `content` is an error. `max_response_size` is about the response at the end of the chain.
    """
    if resp._content_consumed or resp._content is not False:
        return
    if hasattr(resp.raw, "lift_limit"):
        resp.raw.lift_limit()
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in resp.iter_content(64 * 1024):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_REDIRECT_BODY:
                resp._failure = ResponseTooLarge(f"a redirect's body is read up to {MAX_REDIRECT_BODY} bytes only")
                break
    except (RequestException, RuntimeError):
        pass  # kept as its `_failure`
    if resp._failure is None:
        resp._content = b"".join(pieces)
    elif hasattr(resp.raw, "close"):
        resp.raw.close()
    resp._content_consumed = True


def _absolute(target: str, resp: Response, fragment: str) -> str:
    """Return the URL that `target` means at the place of `resp`.

    RFC 9110 section 10.2.2: a redirect without a fragment inherits it.
    """
    try:
        if target.startswith("//"):
            target = f"{url_parts.split(resp.url).scheme}:{target}"
        parts = url_parts.split(target)
        if fragment and not parts.fragment:
            parts = parts._replace(fragment=fragment)
        url = url_parts.unsplit(*parts)
        return requote_uri(url) if parts.netloc else _joined(resp.url, requote_uri(url))
    except ValueError as error:
        message = (
            f"the redirect from {masked_target(resp.url)} to {masked_target(target)!r} leads to no valid URL: {error}"
        )
        raise InvalidURL(message, response=resp) from error


def _joined(base: str, reference: str) -> str:
    # Which schemes have paths to join is a fixed list, in which http+unix is not.
    if base[: len(_UNIX)].lower() == _UNIX:
        return "http+unix" + url_parts.join("http" + base[len("http+unix") :], reference)[len("http") :]
    return url_parts.join(base, reference)
