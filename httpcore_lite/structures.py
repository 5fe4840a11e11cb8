"""Two mappings: header fields by name in any case, and names that are attributes and keys alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from ._internal_utils import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, overload

    _VT = TypeVar("_VT")
    _D = TypeVar("_D")

__all__ = ["CaseInsensitiveDict", "LookupDict"]


class CaseInsensitiveDict(MutableMapping[str, "_VT"]):
    """A mapping whose keys are texts, found in any case and handed out in the case in which they were last set.

    It has all that `dict` has, and `lower_items`. Two of them are equal if they hold the same values under the
    same names, case and order aside; any other mapping may stand on the other side::

        fields = CaseInsensitiveDict({"Content-Type": "text/plain"})
        fields["content-type"]     # 'text/plain'
        list(fields)               # ['Content-Type']

    Subclasses may override `__getitem__`, `__setitem__` and the other abstract methods: every other method
    goes through them, as it does with `MutableMapping`.
    """

    if TYPE_CHECKING:
        _store: dict[str, tuple[str, _VT]]

    # lower-cased name -> (name as given, value). Programs reach in here, so the shape is part of the promise.

    def __init__(self, data: Mapping[str, _VT] | Iterable[tuple[str, _VT]] | None = None, **kwargs: _VT) -> None:
        if type(data) is dict and type(self) is CaseInsensitiveDict and not kwargs:
            # What nearly all callers do, in a fifth of the time.
            self._store = {name.lower(): (name, value) for name, value in data.items()}
            return
        self._store = {}
        if data is not None or kwargs:
            self.update({} if data is None else data, **kwargs)

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Take the short ways of this class from a subclass that found another way to read a key."""
        super().__init_subclass__(**kwargs)
        if cls.__getitem__ is not CaseInsensitiveDict.__getitem__:
            for name in ("get", "__contains__"):
                if getattr(cls, name) is getattr(CaseInsensitiveDict, name):
                    setattr(cls, name, getattr(Mapping, name))

    def __setitem__(self, key: str, value: _VT) -> None:
        self._store[key.lower()] = (key, value)

    def __getitem__(self, key: str) -> _VT:
        return self._store[key.lower()][1]

    def __delitem__(self, key: str) -> None:
        del self._store[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._store.values())

    def __len__(self) -> int:
        return len(self._store)

    if not TYPE_CHECKING:  # the type is MutableMapping's, with its overloads
        # The two questions that every request asks a dozen times, without an exception for each "no".
        def get(self, key: str, default: object = None) -> object:
            """Return the value under `key`, in any case, or `default`."""
            found = self._store.get(key.lower())
            return default if found is None else found[1]

    def __contains__(self, key: Any) -> bool:
        return key.lower() in self._store

    def lower_items(self) -> Iterator[tuple[str, _VT]]:
        """Return an iterator over (lower-cased name, value)."""
        return ((name, entry[1]) for name, entry in self._store.items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        fields: CaseInsensitiveDict[object] = CaseInsensitiveDict(other)
        return dict(self.lower_items()) == dict(fields.lower_items())

    def copy(self) -> CaseInsensitiveDict[_VT]:
        """Return a new CaseInsensitiveDict with the same names and values."""
        new: CaseInsensitiveDict[_VT] = CaseInsensitiveDict()
        new._store = dict(self._store)
        return new

    def __repr__(self) -> str:
        return str(dict(self.items()))


def pairs_of(headers: Mapping[str, _VT]) -> list[tuple[str, _VT]]:
    """Return the pairs of a mapping; of a plain CaseInsensitiveDict without a call for each, as every request does."""
    return list(headers._store.values() if type(headers) is CaseInsensitiveDict else headers.items())


def fields_of_wire(fields: Iterable[tuple[bytes, bytes]]) -> CaseInsensitiveDict[str]:
    """Return the fields of a received head, read as Latin-1; of one that came several times the values joined.

    RFC 9110 sections 5.3 and 5.5.
    """
    new: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    store = new._store
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        key = name.lower()
        if key in store:
            name, before = store[key]
            value = f"{before}, {value}"
        store[key] = (name, value)
    return new


class LookupDict(dict[str, "_VT"]):
    """Names that can be asked for as attributes and as keys; an unknown key gives None, an unknown attribute raises.

    The values live in the object's `__dict__`: set them as attributes. As a `dict` it stays empty (as requests).
    """

    if TYPE_CHECKING:
        name: object

    def __init__(self, name: object = None) -> None:
        self.name = name
        super().__init__()

    def __repr__(self) -> str:
        return f"<lookup '{self.name}'>"

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> _VT | None: ...

    def __getitem__(self, key: str) -> _VT | None:  # type: ignore[override]
        return self.__dict__.get(key, None)

    if TYPE_CHECKING:

        @overload
        def get(self, key: str, default: None = None) -> _VT | None: ...
        @overload
        def get(self, key: str, default: _D | _VT) -> _D | _VT: ...

    def get(self, key: str, default: object = None) -> object:
        """Return the value under the name `key`, or `default`."""
        return self.__dict__.get(key, default)


if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(), {"typing": "Any Generic TypeVar overload", "collections": "OrderedDict"}
    )
