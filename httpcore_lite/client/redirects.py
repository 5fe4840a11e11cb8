"""The small steps of following a redirect: where it leads, what becomes of its body, and who is told.

The story itself, with the steps that programs override, is `SessionRedirectMixin` in `sessions.py`.
"""

from __future__ import annotations

from ..exceptions import InvalidHeader, InvalidSchema, InvalidURL, RequestException, TooManyRedirects
from ..messages import url_parts, urls
from ..messages.urls import requote_uri
from ..sansio.errors import ResponseTooLarge
from ..sansio.options import MAX_REDIRECT_BODY
from ..sansio.redaction import masked_target
from ..sansio.trace import watcher
from .options import call_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..messages.shapes import PreparedRequest, Response

_UNIX = "http+unix://"


def refuse_other_socket(old: str, new: str, resp: Response) -> None:
    """Raise InvalidSchema when a redirect leads to a Unix socket, unless it is the one that it comes from.

    What listens there trusts whoever can open it; a server somewhere else has no business sending us to it.
    """
    if new[: len(_UNIX)].lower() != _UNIX:
        return
    if old[: len(_UNIX)].lower() != _UNIX or urls.origin_of(old) != urls.origin_of(new):
        raise InvalidSchema(f"a redirect may not lead to a Unix socket: {masked_target(new)!r}", response=resp)


def tell_redirect(req: PreparedRequest, resp: Response, url: str) -> None:
    """Tell whoever watches that a redirect is followed."""
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


def too_many(message: str, resp: Response) -> TooManyRedirects:
    """Return the error for a chain that is too long; its explanation tells where it began and where it is."""
    from .failures import explain_redirects

    error = TooManyRedirects(message, response=resp)
    error._explain = explain_redirects
    return error


def only_location(resp: Response, joined: str) -> str:
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


def drop_content(prepared: PreparedRequest) -> None:
    """Take the body away, and the fields that speak of it."""
    for name in _OF_CONTENT:
        prepared.headers.pop(name, None)
    prepared.body = prepared._body_position = None


def host_stays(old: str, new: str) -> bool:
    """Tell whether a Host field that the program set for `old` counts for `new`: the same host and port.

    From http on port 80 to https on port 443 counts as the same.
    """
    before, after = urls.origin_of(old), urls.origin_of(new)
    return before[1:] == after[1:] or (before[1] == after[1] and before[::2] + after[::2] == ("http", 80, "https", 443))


def read_redirect(resp: Response) -> None:
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


def absolute(target: str, resp: Response, fragment: str) -> tuple[str, str]:
    """Return the URL that `target` means at the place of `resp`, and the fragment to hand on.

    RFC 9110 section 10.2.2: a redirect without a fragment inherits it.
    """
    try:
        if target.startswith("//"):
            target = f"{url_parts.split(resp.url).scheme}:{target}"
        parts = url_parts.split(target)
        if parts.fragment:
            fragment = parts.fragment
        elif fragment:
            parts = parts._replace(fragment=fragment)
        url = url_parts.unsplit(*parts)
        return (requote_uri(url) if parts.netloc else _joined(resp.url, requote_uri(url))), fragment
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
