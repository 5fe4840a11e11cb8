"""An error status is an error: HTTPError for the final response of a call, its body read, or the beginning of it.

Loaded with the first call that asks for `raise_for_status`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

#: Bytes of a body that are read for the error where the program wanted to read it itself (`stream=True`).
MAX_ERROR_BODY: Final = 64 * 1024


def passed(response: Any) -> Any:
    """Return a response whose status is no error.

    Raises:
        HTTPError: its status is 400 to 599. `error.response` has its body, and its connection is given back; of a body
            that was not read yet and is longer than 64 KiB, the beginning is kept and the connection is closed.
    """
    try:
        response.raise_for_status()
    except BaseException:
        keep_body(response)
        raise
    return response


def keep_body(response: Any, at_once: bool = False) -> None:
    """Read what an error is to have of a body that was not read yet; its connection is given back, or closed.

    at_once: of a body of unknown length, which may never end, only what arrives first.
    """
    if getattr(response, "_content", None) is not False or response._content_consumed:
        return  # it was read, by `send` or by a hook
    kept = bytearray()
    endless = at_once and getattr(response.raw, "length_remaining", None) is None
    try:
        for piece in response._arriving() if endless else response.iter_content(MAX_ERROR_BODY):
            kept += piece
            more = len(kept) == MAX_ERROR_BODY and (getattr(response.raw, "length_remaining", None) or 0) > 0
            if more or endless or len(kept) > MAX_ERROR_BODY:
                _drop(response)
                break
    except Exception:  # what is wrong with the body matters less than the status; reading it raises that error
        response.close()
        return
    except BaseException:
        _drop(response)
        raise
    response._content = bytes(kept[:MAX_ERROR_BODY])
    response._content_consumed = True


def _drop(response: Any) -> None:
    """Close the connection, whatever of the body has arrived."""
    drop = getattr(response.raw, "drop_conn", None)
    if drop is not None:
        drop()
    response.close()
