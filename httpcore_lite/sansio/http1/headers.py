"""The head of a received response as programs know it from urllib3: its fields, and `BaseHTTPResponse`.

The fields are a mapping from field name, in any case, to one text; a field that was received several times gives its
values joined by ", " (RFC 9110 section 5.3), and `getlist` gives them apart, which `Set-Cookie` needs (RFC 6265
section 3). The order and the case of the names are kept. A pure room.
"""

from __future__ import annotations

import io
from collections.abc import ItemsView, Iterable, Iterator, Mapping, MutableMapping

__all__ = ["BaseHTTPResponse", "HTTPHeaderDict"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

    #: Fields as programs give them: a value of None is absent.
    GivenFields = list[tuple[str | bytes, str | bytes | None]]

    # Fields in any of the shapes that urllib3 takes.
    _Given: TypeAlias = Any
_MISSING: Any = object()


class HTTPHeaderDict(MutableMapping[str, str]):
    """Fields by case-insensitive name, several values a name."""

    # lower-cased name -> [name as first given, value, value, ...]
    __slots__ = ("__weakref__", "_fields")

    def __init__(self, headers: _Given = None, **kwargs: str) -> None:
        self._fields: dict[str, list[str]] = {}
        if headers is not None:
            self.extend(headers)
        if kwargs:
            self.extend(kwargs)

    @classmethod
    def from_wire(cls, fields: Iterable[tuple[bytes, bytes]]) -> HTTPHeaderDict:
        """Return the fields of a head given as pairs of bytes, read as Latin-1 (RFC 9110 section 5.5)."""
        new = cls.__new__(cls)
        found: dict[str, list[str]] = {}
        for raw_name, raw_value in fields:
            name = raw_name.decode("latin-1")
            key = name.lower()
            if key in found:
                found[key].append(raw_value.decode("latin-1"))
            else:
                found[key] = [name, raw_value.decode("latin-1")]
        new._fields = found
        return new

    # -- the mapping ---------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> str:
        values = self._fields[key.lower()]
        return values[1] if len(values) == 2 else ", ".join(values[1:])

    def __setitem__(self, key: str, val: str) -> None:
        key = text_of(key)
        self._fields[key.lower()] = [key, val]

    def __delitem__(self, key: str) -> None:
        del self._fields[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter([values[0] for values in self._fields.values()])

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HTTPHeaderDict):
            if not hasattr(other, "keys"):
                return False
            other = HTTPHeaderDict(other)
        # As urllib3: by what the values are together, since a mapping has them joined.
        mine, others = (
            {name: ", ".join(values[1:]) for name, values in each._fields.items()} for each in (self, other)
        )
        return mine == others

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self.itermerged())})"

    def setdefault(self, key: str, default: str = "") -> str:
        """As dict's."""
        return super().setdefault(key, default)

    def discard(self, key: str) -> None:
        """Remove the field if it is there."""
        self._fields.pop(key.lower(), None)

    # -- several values a name -----------------------------------------------------------------------------

    def add(self, key: str, val: str, *, combine: bool = False) -> None:
        """Add a value behind those that the field has; with `combine` join it to the last one by ", "."""
        key = text_of(key)
        values = self._fields.setdefault(key.lower(), [key])
        if combine and len(values) > 1:
            values[-1] = f"{values[-1]}, {val}"
        else:
            values.append(val)

    def extend(self, *args: _Given, **kwargs: str) -> None:
        """Add every field of a mapping, of pairs, or of keyword arguments, replacing none."""
        if len(args) > 1:
            raise TypeError(f"extend() takes at most 1 positional argument, {len(args)} were given")
        for key, value in _pairs(args[0]) if args else ():
            self.add(key, value)
        for key, value in kwargs.items():
            self.add(key, value)

    def getlist(self, key: str, default: _Given = _MISSING) -> Any:
        """Return every value of the field, an empty list (or `default`) when it is absent."""
        values = self._fields.get(key.lower())
        if values is None:
            return [] if default is _MISSING else default
        return values[1:]

    # The names under which other mappings of header fields offer the same.
    getheaders = getlist
    getallmatchingheaders = getlist
    iget = getlist
    get_all = getlist

    def iteritems(self) -> Iterator[tuple[str, str]]:
        """Yield (name, value) once a value, names as first given."""
        for values in self._fields.values():
            name = values[0]
            for value in values[1:]:
                yield name, value

    def itermerged(self) -> Iterator[tuple[str, str]]:
        """Yield (name, all values joined) once a name."""
        for values in self._fields.values():
            yield values[0], ", ".join(values[1:])

    def items(self) -> ItemsView[str, str]:
        """Return the pairs of `iteritems`: a field received twice appears twice."""
        return _ItemView(self)

    def copy(self) -> HTTPHeaderDict:
        """Return an independent copy."""
        new = type(self).__new__(type(self))
        new._fields = {key: values[:] for key, values in self._fields.items()}
        return new

    __copy__ = copy

    def __getstate__(self) -> dict[str, list[str]]:
        return self._fields

    def __setstate__(self, state: dict[str, list[str]]) -> None:
        self._fields = state

    def __or__(self, other: object) -> HTTPHeaderDict:
        return self.copy().__ior__(other)

    def __ior__(self, other: object) -> HTTPHeaderDict:
        if not hasattr(other, "keys"):
            return NotImplemented
        self.extend(other)
        return self

    def __ror__(self, other: object) -> HTTPHeaderDict:
        return type(self)(other).__ior__(self) if hasattr(other, "keys") else NotImplemented


class _ItemView(ItemsView[str, str]):
    """What `items()` returns: sized, iterable again and again, and able to say whether a pair is in it."""

    _mapping: HTTPHeaderDict

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self._mapping.iteritems()

    def __contains__(self, item: object) -> bool:
        if not (isinstance(item, tuple) and len(item) == 2):
            return False
        key, value = item
        return isinstance(key, str) and value in self._mapping.getlist(key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)})"


def text_of(part: object) -> str:
    """Return a field's name or value as text: bytes are read as Latin-1 (RFC 9110 section 5.5)."""
    if isinstance(part, str):
        return part
    return part.decode("latin-1") if isinstance(part, (bytes, bytearray)) else str(part)


def _pairs(source: _Given) -> Iterable[tuple[str, str]]:
    if isinstance(source, Mapping):
        return source.items()
    if hasattr(source, "keys") and hasattr(source, "__getitem__"):
        return ((key, source[key]) for key in source.keys())  # noqa: SIM118 - not a mapping, only like one
    found: Iterable[tuple[str, str]] = iter(source)
    return found


# -- the head of a response ----------------------------------------------------------------------------------


class BaseHTTPResponse(io.IOBase):
    """The head of a response, and what can be said without its body."""

    REDIRECT_STATUSES = (301, 302, 303, 307, 308)

    def __init__(
        self,
        *,
        headers: _Given = None,
        status: int,
        version: int,
        version_string: str,
        reason: str | None,
        decode_content: bool,
        request_url: str | None,
        retries: object = None,
    ) -> None:
        self.headers: HTTPHeaderDict = headers if isinstance(headers, HTTPHeaderDict) else HTTPHeaderDict(headers)
        self.status = status
        self.version = version
        self.version_string = version_string
        self.reason = reason
        self.decode_content = decode_content
        self._request_url = request_url
        self.retries = retries
        codings = self.headers.get("transfer-encoding", "").lower().split(",")
        self.chunked: bool = "chunked" in [coding.strip() for coding in codings]

    @property
    def retries(self) -> object:
        """The policy after the last attempt. Setting one that followed a redirect sets `url` to where it led."""
        return self._retries

    @retries.setter
    def retries(self, retries: Any) -> None:
        if retries is not None and retries.history:
            self.url = retries.history[-1].redirect_location
        self._retries = retries

    @property
    def url(self) -> str | None:
        """The URL that this is the response of."""
        return self._request_url

    @url.setter
    def url(self, url: str | None) -> None:
        self._request_url = url

    def geturl(self) -> str | None:
        """Return `url`."""
        return self.url

    def get_redirect_location(self) -> str | Literal[False] | None:
        """Return where a redirect leads, None for a redirect without Location, False for any other response."""
        return self.headers.get("location") if self.status in self.REDIRECT_STATUSES else False

    def getheaders(self) -> HTTPHeaderDict:
        """Return the fields."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or `default`."""
        return self.headers.get(name, default)

    def info(self) -> HTTPHeaderDict:
        """Return the fields, as urllib's responses do."""
        return self.headers

    def readable(self) -> bool:
        """A response can be read."""
        return True

    @property
    def data(self) -> Any:
        """All of the body."""
        raise NotImplementedError

    def json(self) -> Any:
        """Return `data` parsed as JSON in UTF-8."""
        import json

        return json.loads(self.data.decode("utf-8"))
