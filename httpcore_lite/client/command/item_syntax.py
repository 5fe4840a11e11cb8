r"""HTTPie's items: words behind the URL that say what a request carries.

    Name:value   Name:   Name;   Name:@file         headers: sent, left out, sent empty, from a file
    name==value  name==@file                        parameters of the query
    name=value   name=@file                         fields of the body, texts
    name:=json   name:=@file                        fields of the body, JSON
    name@path    name@path;type=text/csv            files of a multipart form

1. The separator that comes first counts, and of several at one place the longest.
2. A backslash before one of `:;=@` takes its meaning away: `a\:b=c` is the field `a:b`. Any other backslash is one.
3. The word is never a second URL.

Pure: what reads files is handed in.
"""

from __future__ import annotations

from .table import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

    Read = Callable[[str], bytes]

# The longest first. Rule 1.
_SEPARATORS: Final = ("==@", ":=@", "==", ":=", "=@", ":@", "=", ":", "@", ";")
_SPECIAL: Final = ":;=@"


class Items:
    """What items say."""

    def __init__(self) -> None:
        #: (name, value), None for a header that is left out.
        self.headers: list[tuple[str, str | None]] = []
        #: (name, value) of the query.
        self.parameters: list[tuple[str, str]] = []
        #: (name, value as JSON has it) of the body.
        self.fields: list[tuple[str, object]] = []
        #: (name, path, content type or "").
        self.files: list[tuple[str, str, str]] = []


def parse_items(words: Sequence[str], read: Read) -> Items:
    """Return what items say.

    Args:
        words: the words behind the URL.
        read: returns the content of the file at a path.

    Raises:
        UsageError: a word is no item, or what it names is no JSON, or no text.
    """
    items = Items()
    for word in words:
        name, separator, value = split_item(word)
        if separator == ";":
            if value:
                raise UsageError(f"write {name}; to send the header empty, {name}:value to send a value")
            items.headers.append((name, ""))
        elif separator in (":", ":@"):
            if value.startswith("//") and name.lower() in ("http", "https"):
                raise UsageError(f"ask for one URL at a time: {word} is no item")
            text = value if separator == ":" else _text(value, read(value), name).strip()
            items.headers.append((name, text.strip() or None))
        elif separator in ("==", "==@"):
            text = value if separator == "==" else _text(value, read(value), name).rstrip("\n")
            items.parameters.append((name, text))
        elif separator == "@":
            path, _, kind = value.partition(";type=")
            items.files.append((name, path, kind))
        elif separator in ("=", "=@"):
            items.fields.append((name, value if separator == "=" else _text(value, read(value), name)))
        else:
            content = value if separator == ":=" else _text(value, read(value), name)
            items.fields.append((name, _json(content, name)))
    return items


def split_item(word: str) -> tuple[str, str, str]:
    """Return (name, separator, value) of an item, backslashes resolved. UsageError: it is none."""
    characters: list[str] = []
    escaped: set[int] = set()
    rest = iter(word)
    for character in rest:
        if character == "\\":
            following = next(rest, "")
            if following and following in _SPECIAL:
                escaped.add(len(characters))
                characters.append(following)
            else:
                characters += character + following
        else:
            characters.append(character)
    plain = "".join(characters)
    for place in range(len(plain)):
        for separator in _SEPARATORS:
            end = place + len(separator)
            if plain.startswith(separator, place) and not escaped.intersection(range(place, end)):
                if not place:
                    raise UsageError(f"put a name before the {separator} of an item")
                return plain[:place], separator, plain[end:]
    raise UsageError(f"write Name:value, name==value, name=value, name:=JSON or name@FILE: {word!r} is no item")


def _text(path: str, content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"send the file with {name}@{path}: it is no text in UTF-8") from None


def _json(text: str, name: str) -> object:
    import json

    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise UsageError(f"write JSON behind {name}:=, or {name}=... for a text ({error})") from None
    return value
