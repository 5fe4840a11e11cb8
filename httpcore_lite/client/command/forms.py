"""Bodies of fields and files: what `-F` says, and what items say."""

from __future__ import annotations

from .table import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .asking import Sources
    from .item_syntax import Items

    # A part as `files=` takes it: name, then file name or None, content, content type or nothing.
    Part: TypeAlias = tuple[str, tuple[object, ...]]


def parts_of(given: list[str], sources: Sources) -> list[Part]:
    """Return the parts that the values of `-F` say. UsageError: one of them is no part."""
    return [_part(text, sources) for text in given]


def _part(text: str, sources: Sources) -> Part:
    name, equals, rest = text.partition("=")
    if not equals:
        raise UsageError(f"-F takes NAME=CONTENT, NAME=@FILE or NAME=<FILE, not {text!r}")
    mark = rest[:1] if rest[:1] in ("@", "<") else ""
    content, parameters = _cut(rest[len(mark) :])
    kind = parameters.get("type")
    filename: str | None = parameters.get("filename")
    value: object = content
    if mark == "@":
        filename = filename if filename is not None else _last(content)
        value = sources.read("-") if content == "-" else sources.opened(content)
        if kind is None:
            from ...messages.multipart import guess_content_type

            kind = guess_content_type(filename)
    elif mark == "<":
        value = sources.read(content)
    return name, (filename, value) if kind is None else (filename, value, kind)


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _cut(text: str) -> tuple[str, dict[str, str]]:
    """Return the content and the parameters behind it; quotes keep a semicolon in either."""
    pieces = _unquoted(text)
    content, parameters = pieces[0], {}
    before = ""
    for piece in pieces[1:]:
        name, equals, value = piece.strip().partition("=")
        if equals and name in ("type", "filename"):
            parameters[name], before = value, name
        elif before == "type":
            parameters["type"] += ";" + piece  # a parameter of the type: its charset
        else:
            content += ";" + piece  # no parameter: a semicolon of the content
    return content, parameters


def _unquoted(text: str) -> list[str]:
    pieces = [""]
    quoted = False
    rest = iter(text)
    for character in rest:
        if character == "\\" and quoted:
            pieces[-1] += next(rest, "")
        elif character == '"' and (quoted or pieces[-1] in ("", " type=", "type=", "filename=", " filename=")):
            quoted = not quoted
        elif character == ";" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def body_of_items(items: Items, urlencoded: bool, sources: Sources) -> tuple[str, dict[str, object]]:
    """Return the content type that is to be said, "" where it is known, and the keywords of the body.

    Files make it a multipart form, `--urlencoded` a form, else it is JSON.
    """
    if items.files:
        files = []
        for name, path, kind in items.files:
            from ...messages.multipart import guess_content_type

            files.append((name, (_last(path), sources.opened(path), kind or guess_content_type(path))))
        return "", {"data": _texts(items), "files": files}
    if urlencoded:
        return "", {"data": _texts(items)}
    import json

    try:
        return "application/json", {"data": json.dumps(dict(items.fields), ensure_ascii=False).encode()}
    except UnicodeEncodeError:
        raise UsageError("write items in UTF-8: JSON has no place for other bytes") from None


def _texts(items: Items) -> list[tuple[str, str]]:
    texts = []
    for name, value in items.fields:
        if isinstance(value, (dict, list)):
            raise UsageError(f"{name}:= is a list or an object, which a form has no place for: send JSON instead")
        if not isinstance(value, str):
            import json

            value = json.dumps(value)
        texts.append((name, value))
    return texts
