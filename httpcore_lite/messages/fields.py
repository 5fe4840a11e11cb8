"""Values of header fields: lists, parameters, links taken apart, and whether a field can be sent at all.

The names are those of `requests.utils`, where programs find them. Linear in the length of the value.
"""

from __future__ import annotations

from ..exceptions import InvalidHeader, explained

# A quoted string (it may lack its end), a comma, or a run of anything else.
_LIST_TOKEN = r'(?s:"([^"\\]*(?:\\.[^"\\]*)*)\\?("?)|,|[^",]+)'


def _parse_list_header(s: str) -> list[str]:
    """Split at commas outside quotes; quotes stay, backslashes go (`urllib.request.parse_http_list`)."""
    import re

    items: list[str] = []
    item: list[str] = []
    for token in re.finditer(_LIST_TOKEN, s):
        text = token.group()
        if text == ",":
            items.append("".join(item))
            item.clear()
        elif text[0] == '"':
            inner = token.group(1)
            item.append('"' + (re.sub(r"(?s:\\(.))", r"\1", inner) if "\\" in inner else inner) + token.group(2))
        else:
            item.append(text)
    if last := "".join(item):
        items.append(last)
    return [found.strip() for found in items]


def parse_list_header(value: str) -> list[str]:
    """Return the items of a comma-separated header value, quotes around an item removed (RFC 9110 §5.6.1)."""
    return [
        unquote_header_value(item[1:-1]) if item[:1] == item[-1:] == '"' else item for item in _parse_list_header(value)
    ]


def parse_dict_header(value: str) -> dict[str, str | None]:
    """Return {name: value} of a header value like `a=1, b="2", c`; what has no `=` gets None."""
    found: dict[str, str | None] = {}
    for item in _parse_list_header(value):
        name, equals, text = item.partition("=")
        if not equals:
            found[item] = None
        elif text[:1] == text[-1:] == '"':
            found[name] = unquote_header_value(text[1:-1])
        else:
            found[name] = text
    return found


def unquote_header_value(value: str, is_filename: bool = False) -> str:
    r"""Return what a quoted string means; text without quotes as it is.

    As browsers do it: only `\\` and `\"` are escapes. A file name that begins with two backslashes (a Windows
    share) keeps all of them.
    """
    if value and value[0] == value[-1] == '"':
        value = value[1:-1]
        if not is_filename or value[:2] != "\\\\":
            return value.replace("\\\\", "\\").replace('\\"', '"')
    return value


def parse_header_links(value: str) -> list[dict[str, str]]:
    """Return the links of a Link header, each a dictionary of its parameters and "url" (RFC 8288 §3)."""
    import re

    quotes = " '\""
    value = value.strip(quotes)
    links: list[dict[str, str]] = []
    for part in re.split(", *<", value) if value else ():
        url, _, parameters = part.partition(";")
        link = {"url": url.strip("<> '\"")}
        for parameter in parameters.split(";"):
            name_and_value = parameter.split("=")
            if len(name_and_value) != 2:
                break
            link[name_and_value[0].strip(quotes)] = name_and_value[1].strip(quotes)
        links.append(link)
    return links


def check_header_validity(header: tuple[str | bytes, str | bytes]) -> None:
    """Raise InvalidHeader unless name and value can stand in a field line.

    Neither begins with whitespace or has a line end; the name is not empty and has no colon (as requests).
    """
    name, value = header
    _validate_header_part(header, name, 0)
    _validate_header_part(header, value, 1)


def _validate_header_part(
    header: tuple[str | bytes, str | bytes], header_part: object, header_validator_index: int
) -> None:
    if not isinstance(header_part, (str, bytes)):
        raise InvalidHeader(
            f"Header part ({header_part!r}) from {header} must be of type str or bytes, not {type(header_part)}"
        )
    text = header_part if isinstance(header_part, str) else header_part.decode("latin-1")
    legal = "\r" not in text and "\n" not in text and not header_part[:1].isspace()
    if header_validator_index == 0:
        legal = legal and text != "" and ":" not in text
    if not legal:
        shown, advice = (repr(header_part), "") if header_validator_index == 0 else _value_and_advice(*header)
        kind = "name" if header_validator_index == 0 else "value"
        error = InvalidHeader(
            f"Invalid leading whitespace, reserved character(s), or return character(s) in header {kind}: {shown}"
        )
        raise explained(error, advice)


def _value_and_advice(name: str | bytes, value: str | bytes) -> tuple[str, str]:
    """Return how an error shows a field's value, masked where the name speaks of secrets, and what explains it."""
    from ..sansio.redaction import masked

    shown, said = masked([(name, value)])[0]
    text = repr(value) if said == (value.decode("latin-1") if isinstance(value, bytes) else value) else said
    advice = "It ends in a line end, as what is read from a file does. " if value[-1:] in ("\n", b"\n") else ""
    return text, f"{advice}It is the value of the header {shown[:100]!r}"
