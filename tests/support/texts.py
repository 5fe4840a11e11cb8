"""What the text and the explanation of an error must say, and must not show."""

from __future__ import annotations

import sys
import traceback

#: Errors that requests does not have carry the explanation in their text.
OURS = ("PoolTimeout", "ResponseTooLarge", "WriteTimeout")


def check(error: BaseException, kind: str, words: list[str]) -> None:
    """The error is of exactly that class, says all of this, and shows no secret in any of its forms.

    What stands in the text stands there in this order; the rest stands in the explanation, which is one line of at
    most 200 characters, and shown once.
    """
    text = str(error)
    explanation = getattr(error, "explanation", "")
    assert type(error).__name__ == kind, text
    found = -1
    for each in words:
        place = text.find(each, found + 1)
        assert place >= 0 or each in explanation, (
            f"{each!r} is neither in {text!r} behind the words before it, nor in {explanation!r}"
        )
        found = max(place, found)
    assert "\n" not in text + explanation
    assert len(explanation) <= 200
    shown = "".join(traceback.format_exception_only(type(error), error))
    for each in (text, explanation, repr(error), shown):
        assert "hush" not in each
    if explanation:
        assert (explanation in text) == (kind in OURS)
        assert shown.count(explanation) == (1 if sys.version_info >= (3, 11) or kind in OURS else 0)
