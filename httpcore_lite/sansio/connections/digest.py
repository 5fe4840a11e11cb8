"""Digest authentication: a challenge parsed, credentials computed. A pure room.

    WWW-Authenticate ──parse_challenges──► challenges ──choose──► one Digest challenge ──credentials──► Authorization

Nothing here remembers anything: the caller counts the uses of a nonce and draws the client's own nonce, and
both are handed in. Kept: RFC 9110 section 11.6.1 (several challenges in one field), RFC 7616 (Digest; SHA-256,
SHA-512-256, the -sess variants, auth-int, userhash, charset) and, where a server sends no qop, RFC 2069. SHA and
SHA-512 are in no RFC, but servers name them and requests knows them.

Deliberately as in requests, against RFC 7616 section 3.4: `algorithm` and `qop` are sent in quotes; and a backslash
before anything but a quote or a backslash is no escape (realms named `DOMAIN\\group` are common, and meant literally).
"""

from __future__ import annotations

import re
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NamedTuple

    class Challenge(NamedTuple):
        """One challenge: the scheme as written, its parameters by lower-cased name, or its token68."""

        scheme: str
        parameters: dict[str, str]
        token68: str | None
else:
    Challenge = namedtuple("Challenge", "scheme parameters token68")

__all__ = ["Challenge", "choose", "credentials", "parse_challenges", "quote", "unquote"]

# Upper-cased algorithm without "-SESS" -> hashlib's name of the function.
_ALGORITHMS = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "SHA-512-256": "sha512_256",
}

# -- parsing -----------------------------------------------------------------------------------------------------
# Each pattern is matched where the one before ended, and none can look at a byte more than a few times, so that the
# whole takes time in proportion to the field's length, whatever is in it.

_SPACES = re.compile(r"[ \t]*")
_SEPARATORS = re.compile(r"[ \t,]*")
_WORD = re.compile(r'[^ \t,="]+')
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
# A quoted-string; one that never ends goes to the end of the field.
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?\Z)', re.DOTALL)
_UNQUOTED = re.compile(r"[^,]*")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|\Z))")
_JUNK = re.compile(r'"|[^,"]+')
_ESCAPE = re.compile(r'\\(["\\])')
_TO_ESCAPE = re.compile(r'"|\\(?=["\\]|\Z)')


def unquote(text: str) -> str:
    """Return what the inside of a quoted-string stands for."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def quote(text: str) -> str:
    """Return the inside of a quoted-string that stands for `text`; `unquote` takes it back."""
    return _TO_ESCAPE.sub(r"\\\g<0>", text)


def parse_challenges(value: str) -> list[Challenge]:
    """Take a WWW-Authenticate or Proxy-Authenticate field apart (RFC 9110 section 11.6.1).

    Args:
        value: the field's value; several fields joined by commas are one list.

    Returns:
        the challenges, in order. It never raises: what is no challenge is passed over. A parameter given twice
        keeps its first value.
    """
    challenges: list[Challenge] = []
    position = 0
    while True:
        position = _end(_SEPARATORS, value, position)
        if position == len(value):
            return challenges
        word = _WORD.match(value, position)
        if word is None:
            position = _end(_JUNK, value, position) if value[position] != "=" else position + 1
            continue
        equals = _EQUALS.match(value, word.end())
        if equals is not None:
            text, position = _parse_value(value, equals.end())
            if challenges:
                challenges[-1].parameters.setdefault(word[0].lower(), text)
            continue
        position = _end(_SPACES, value, word.end())
        # "scheme token68" or "scheme name=value, ...": the latter is left to the next round. Digest has no token68,
        # and a first parameter without a value would look like one.
        token = _TOKEN68.match(value, position) if word[0].lower() != "digest" and position > word.end() else None
        challenges.append(Challenge(word[0], {}, token[0] if token else None))
        if token is not None:
            position = token.end()


def _end(pattern: re.Pattern[str], value: str, position: int) -> int:
    found = pattern.match(value, position)
    return found.end() if found else position


def _parse_value(value: str, position: int) -> tuple[str, int]:
    """Return a parameter's value and where it ended."""
    quoted = _QUOTED.match(value, position)
    if quoted is not None:
        return unquote(quoted[1]), quoted.end()
    end = _end(_UNQUOTED, value, position)
    return value[position:end].rstrip(" \t"), end


def choose(value: str) -> dict[str, str] | None:
    """Return the parameters of the Digest challenge to respond to, or None if a field has none that could be.

    It is the first one whose algorithm and qop are known here (RFC 7616 section 3.7: the server lists them in the
    order it prefers), else the first one, for a caller that knows more. Parameter names are in lower case.
    """
    offered = [
        challenge.parameters
        for challenge in parse_challenges(value)
        if challenge.scheme.lower() == "digest" and "nonce" in challenge.parameters
    ]
    for parameters in offered:
        if _hash_function(parameters.get("algorithm")) is not None and _choose_qop(parameters, b"") is not None:
            return parameters
    return offered[0] if offered else None


# -- answering ---------------------------------------------------------------------------------------------------


def credentials(
    challenge: Mapping[str, str | None],
    *,
    method: str,
    uri: str,
    username: str | bytes,
    password: str | bytes,
    nonce_count: int,
    cnonce: str,
    body: bytes | None = None,
) -> str | None:
    """Compute the value of an Authorization (or Proxy-Authorization) field.

    Args:
        challenge: the parameters of a Digest challenge, names in lower case; `realm` and `nonce` must be there.
        method: the request's method.
        uri: the request target as it is sent: path and query.
        username: text, taken as UTF-8, or bytes, taken as they are.
        password: likewise.
        nonce_count: how many times this nonce was used, this time included; from 1.
        cnonce: a value of the client's own that cannot be guessed.
        body: the request's body, which qop "auth-int" protects; None if it is not known.

    Returns:
        the field's value, or None if the algorithm or every qop on offer is unknown, or only auth-int is on offer
        and the body is not known.

    Raises:
        KeyError: the challenge has no realm or no nonce.
    """
    realm, nonce = challenge["realm"] or "", challenge["nonce"] or ""
    algorithm, opaque = challenge.get("algorithm"), challenge.get("opaque")
    digest = _hash_function(algorithm)
    qop = _choose_qop(challenge, body)
    if digest is None or qop is None:
        return None
    name, secret = _octets(username), _octets(password)
    count = f"{nonce_count:08x}"

    ha1 = digest(b"%b:%b:%b" % (name, realm.encode(), secret))
    if algorithm and algorithm.upper().endswith("-SESS"):
        ha1 = digest(f"{ha1}:{nonce}:{cnonce}".encode())
    a2 = f"{method}:{uri}"
    if qop == "auth-int":
        a2 += ":" + digest(body or b"")
    between = f"{count}:{cnonce}:{qop}:" if qop else ""
    response = digest(f"{ha1}:{nonce}:{between}{digest(a2.encode())}".encode())

    userhash = (challenge.get("userhash") or "").lower() == "true"
    if userhash:
        shown = f'username="{digest(b"%b:%b" % (name, realm.encode()))}"'
    else:
        shown = _shown_name(username, (challenge.get("charset") or "").lower() == "utf-8")
    fields = f'Digest {shown}, realm="{quote(realm)}", nonce="{quote(nonce)}", uri="{uri}", response="{response}"'
    if opaque:
        fields += f', opaque="{quote(opaque)}"'
    if algorithm:
        fields += f', algorithm="{algorithm}"'
    if qop:
        fields += f', qop="{qop}", nc={count}, cnonce="{cnonce}"'
    return fields + ", userhash=true" if userhash else fields


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _hash_function(algorithm: str | None) -> Callable[[bytes], str] | None:
    """Return the function from bytes to lower-case hexadecimal digits, or None if there is none of that name."""
    import hashlib

    name = _ALGORITHMS.get((algorithm or "MD5").upper().removesuffix("-SESS"))
    if name is None:
        return None
    try:
        # Where weak functions are forbidden, they are still allowed for what is no secret's only protection.
        hashlib.new(name, usedforsecurity=False)
    except ValueError:
        return None
    return lambda data: hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _choose_qop(challenge: Mapping[str, str | None], body: bytes | None) -> str | None:
    """Return "auth" or "auth-int", "" if the server offers no quality of protection, None if it offers none we know."""
    offered = [qop.strip().lower() for qop in (challenge.get("qop") or "").split(",")]
    if "auth" in offered:
        return "auth"
    if "auth-int" in offered:
        return None if body is None else "auth-int"
    return None if any(offered) else ""


def _shown_name(username: str | bytes, utf8: bool) -> str:
    """Return the `username` parameter, or `username*` (RFC 7616 section 3.4) for a name that the former cannot carry.

    Latin-1 can stand in a field, and servers of old expect it there; one that says charset=UTF-8 knows `username*`.
    """
    name = username.decode("latin-1") if isinstance(username, bytes) else username
    try:
        name.encode("ascii" if utf8 and isinstance(username, str) else "latin-1")
    except UnicodeEncodeError:
        # RFC 8187 section 3.2.1
        kept = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"
        return "username*=UTF-8''" + "".join([chr(b) if b in kept else f"%{b:02X}" for b in name.encode()])
    return f'username="{quote(name)}"'
