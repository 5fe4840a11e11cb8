"""What the text of an error must say, and must not show."""

from __future__ import annotations

import re
import traceback


def check(error: BaseException, kind: str, words: list[str]) -> None:
    """The error is of exactly that class, says all of this in this order, and shows no secret in any of its forms."""
    text = re.sub(r", after \d+\.\d s(?=[.)])", "", str(error))
    assert type(error).__name__ == kind, text
    found = -1
    for each in words:
        found = text.find(each, found + 1)
        assert found >= 0, f"{each!r} is not in {text!r}, or not behind the words before it"
    assert "\n" not in text
    for shown in (text, repr(error), "".join(traceback.format_exception_only(type(error), error))):
        assert "hush" not in shown
