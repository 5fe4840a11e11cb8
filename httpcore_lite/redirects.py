"""The small steps of following a redirect: where it leads, what becomes of its body, and who is told.

The story itself, with the steps that programs override, is `SessionRedirectMixin` in `sessions.py`.
"""

from __future__ import annotations

from . import urls
from .calls import call_of
from .exceptions import InvalidURL, RequestException
from .transport.journal import watcher
from .utils import requote_uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .models import PreparedRequest, Response

# How much of a redirect's body is read for `history`, in bytes; a longer one costs the connection instead.
MAX_REDIRECT_BODY = 1024 * 1024


def tell_redirect(req: PreparedRequest, resp: Response, url: str) -> None:
    """Tell whoever watches that a redirect is followed."""
    call = call_of(req)
    watch = watcher(None if call is None else call.options.get("trace"))
    if watch is not None:
        watch("request.redirected", {"status": resp.status_code, "method": req.method, "url": req.url, "location": url})


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
        return (requote_uri(url) if parts.netloc else urls.join(resp.url, requote_uri(url))), fragment
    except ValueError as error:
        message = f"the redirect from {resp.url} to {target!r} leads to no valid URL: {error}"
        raise InvalidURL(message, response=resp) from error
