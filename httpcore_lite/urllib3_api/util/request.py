"""Request fields as programs put them together with urllib3."""

from __future__ import annotations

from ...sansio.connections import basic

__all__ = ["SKIPPABLE_HEADERS", "SKIP_HEADER", "make_headers"]

# Given as a field's value, they leave out a field that would be sent otherwise.
SKIP_HEADER = "@@@SKIP_HEADER@@@"
SKIPPABLE_HEADERS = frozenset(["accept-encoding", "host", "user-agent"])


def make_headers(
    keep_alive: bool | None = None,
    accept_encoding: bool | list[str] | str | None = None,
    user_agent: str | None = None,
    basic_auth: str | None = None,
    proxy_basic_auth: str | None = None,
    disable_cache: bool | None = None,
    *,
    basic_auth_encoding: str = "latin-1",
    proxy_basic_auth_encoding: str = "latin-1",
) -> dict[str, str]:
    """Return request fields as a dict.

    accept_encoding: codings as text or a list; True for all that can be decoded here. basic_auth,
    proxy_basic_auth: "user:password", encoded by the encoding named. The rest switch a field on.
    """
    headers: dict[str, str] = {}
    if accept_encoding:
        if isinstance(accept_encoding, list):
            headers["accept-encoding"] = ",".join(accept_encoding)
        else:
            headers["accept-encoding"] = accept_encoding if isinstance(accept_encoding, str) else _known_codings()
    if user_agent:
        headers["user-agent"] = user_agent
    if keep_alive:
        headers["connection"] = "keep-alive"
    if basic_auth:
        headers["authorization"] = basic.credentials(basic_auth, basic_auth_encoding)
    if proxy_basic_auth:
        headers["proxy-authorization"] = basic.credentials(proxy_basic_auth, proxy_basic_auth_encoding)
    if disable_cache:
        headers["cache-control"] = "no-cache"
    return headers


def _known_codings() -> str:
    from ...sansio.http1 import accepted_codings

    return accepted_codings().replace(" ", "")
