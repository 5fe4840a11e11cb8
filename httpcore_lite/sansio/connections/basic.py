"""Basic authentication (RFC 7617): the value of an Authorization or Proxy-Authorization field."""

from __future__ import annotations

from binascii import b2a_base64


def credentials(pair: str | bytes, charset: str) -> str:
    """Return the field's value for "user:password"; text is encoded in `charset`, bytes stay as they are.

    UnicodeEncodeError, which shows the pair: the charset has no such characters.
    """
    raw = pair if isinstance(pair, bytes) else pair.encode(charset)
    return "Basic " + b2a_base64(raw, newline=False).decode("ascii")
