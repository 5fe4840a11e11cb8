"""What is decided about connections and messages: bytes, values, time and chance are handed in, nothing waits here.

What all of these rooms may use is here: values, objects that are their fields, each named once, in the body of the
class, with its type and its default.

    class Limits(Value):
        idle: int = 256  #: Idle connections kept.

A Value is given its fields by keyword, or in the order of the class, and is not changed after that; type checkers are
told so. They read of a Value what they read of a dataclass; at run time neither `typing` nor `dataclasses` is loaded,
and no code is made from text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_settings):
        return lambda kind: kind


@dataclass_transform(eq_default=False, frozen_default=True)
class _Fields(type):
    """Makes slots of the annotations in a class body, and keeps what they default to."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Fields:
        fields, defaults = tuple(body.get("__annotations__", ())), {}
        for field in fields:
            if field in body:
                defaults[field] = body.pop(field)
        body.setdefault("__slots__", fields)
        body["_fields"], body["_defaults"] = fields, defaults
        return super().__new__(cls, name, bases, body)


class Value(metaclass=_Fields):
    """The base of values. `_secret` names the fields whose content is never shown."""

    if TYPE_CHECKING:
        _fields: ClassVar[tuple[str, ...]]
        _defaults: ClassVar[dict[str, object]]
        _secret: ClassVar[tuple[str, ...]]
    _secret = ()

    def __init__(self, *args: object, **given: object) -> None:
        fields = self._fields
        count = len(args) + len(given)
        if args:
            given.update(zip(fields, args, strict=False))
        values = given if count == len(fields) else {**self._defaults, **given}
        try:
            for name, value in values.items():
                setattr(self, name, value)
        except AttributeError:  # there is no such field
            values = {}
        if len(given) != count or len(values) != len(fields):
            raise TypeError(f"{type(self).__name__}() takes {', '.join(fields)}, not {', '.join(given)}")

    def replaced(self, **changes: object) -> Self:
        """Return a value that differs from this one in these fields."""
        return type(self)(**{**{name: getattr(self, name) for name in self._fields}, **changes})

    def _values(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._values()

    def __setstate__(self, state: tuple[object, dict[str, object]]) -> None:
        # As the first version pickled slots: fields that came later have their defaults.
        for name, value in {**self._defaults, **state[1]}.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        unset = object()
        shown = [
            f"{name}={'***' if name in self._secret else repr(getattr(self, name))}"
            for name in self._fields
            if getattr(self, name) != self._defaults.get(name, unset)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


class Key(Value):
    """A value that is compared and hashed by its fields, and remembers its hash: what things are kept under."""

    __slots__ = ("_hash",)
    if TYPE_CHECKING:

        @property
        def _hash(self) -> int: ...

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        return hash(self) == hash(other) and self._values() == other._values()

    def __hash__(self) -> int:
        try:
            return self._hash  # pyright: ignore[reportReturnType]
        except AttributeError:
            found = hash(self._values())
            object.__setattr__(self, "_hash", found)
            return found
