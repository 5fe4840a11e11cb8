"""The small steps of following a redirect: where it leads, what becomes of its body, and who is told.

The story itself, with the steps that programs override, is `SessionRedirectMixin` in `sessions.py`.
"""

from __future__ import annotations

from . import urls
from .calls import call_of
from .exceptions import InvalidSchema, InvalidURL, RequestException, TooManyRedirects
from .transport.journal import masked_target, watcher
from .utils import requote_uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .models import PreparedRequest, Response

# How much of a redirect's body is read for `history`, in bytes; a longer one costs the connection instead.
MAX_REDIRECT_BODY = 1024 * 1024
_UNIX = "http+unix://"


def refuse_other_socket(old: str, new: str, resp: Response) -> None:
    """Raise InvalidSchema when a redirect leads to a Unix socket, unless it is the one that it comes from.

    What listens there trusts whoever can open it; a server somewhere else has no business sending us to it.
    """
    if new[: len(_UNIX)].lower() != _UNIX:
        return
    if old[: len(_UNIX)].lower() != _UNIX or urls.split(old).netloc != urls.split(new).netloc:
        raise InvalidSchema(f"a redirect may not lead to a Unix socket: {masked_target(new)!r}", response=resp)


def tell_redirect(req: PreparedRequest, resp: Response, url: str) -> None:
    """Tell whoever watches that a redirect is followed."""
    call = call_of(req)
    watch = watcher(None if call is None else call.options.get("trace"))
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
    error = TooManyRedirects(message, response=resp)
    error._story = "redirects"
    return error


def read_redirect(resp: Response) -> None:
    """Read the body of a redirect, so that its connection can be used again, up to MAX_REDIRECT_BODY bytes.

    What was read is its `content`. A body that is longer, or broken, costs its connection and nothing else.
    """
    if resp._content_consumed or resp._content is not False:
        return
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in resp.iter_content(64 * 1024):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_REDIRECT_BODY:
                break
    except (RequestException, RuntimeError):
        size = MAX_REDIRECT_BODY + 1
    if size > MAX_REDIRECT_BODY and hasattr(resp.raw, "close"):
        resp.raw.close()
    resp._content = b"".join(pieces)
    resp._content_consumed = True


def absolute(target: str, resp: Response, fragment: str) -> tuple[str, str]:
    """Return the URL that `target` means at the place of `resp`, and the fragment to hand on.

    RFC 9110 section 10.2.2: a redirect without a fragment inherits it.
    """
    try:
        if target.startswith("//"):
            target = f"{urls.split(resp.url).scheme}:{target}"
        parts = urls.split(target)
        if parts.fragment:
            fragment = parts.fragment
        elif fragment:
            parts = parts._replace(fragment=fragment)
        url = urls.unsplit(*parts)
        return (requote_uri(url) if parts.netloc else _joined(resp.url, requote_uri(url))), fragment
    except ValueError as error:
        message = (
            f"the redirect from {masked_target(resp.url)} to {masked_target(target)!r} leads to no valid URL: {error}"
        )
        raise InvalidURL(message, response=resp) from error


def _joined(base: str, reference: str) -> str:
    # Which schemes have paths to join is a fixed list, in which http+unix is not.
    if base[: len(_UNIX)].lower() == _UNIX:
        return "http+unix" + urls.join("http" + base[len("http+unix") :], reference)[len("http") :]
    return urls.join(base, reference)
