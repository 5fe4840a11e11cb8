"""What the tour writes: a step is the lines that a program would have, run as they are shown, and what they give."""

from __future__ import annotations

import ast
import os
import sys
import textwrap
from typing import Any

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ
WIDTH = 100
BAR = 36


def paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if COLOURS else text


def heading(text: str) -> None:
    print("\n" + paint("1;4", text))


def title(text: str) -> None:
    print("\n" + paint("1", text))


def code(line: str, more: bool = False) -> None:
    print(paint("36", ("... " if more else ">>> ") + line))


def show(text: str) -> None:
    print(textwrap.indent(textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False), "    "))
    sys.stdout.flush()


def note(text: str) -> None:
    show(paint("2", text))


def expect(truth: object, what: str) -> None:
    """End the tour where it is not as it should be."""
    if not truth:
        raise SystemExit(paint("31", f"\nThis is not as it should be: {what}"))


def bar(label: str, value: float, most: float, figure: str, colour: str = "36") -> None:
    filled = max(1, round(BAR * value / most)) if value > 0 else 0
    show(f"{label:<22} {paint(colour, '█' * filled if COLOURS else '#' * filled)} {figure}")


def step(words: str, source: str, known: dict[str, Any], raises: type[Exception] | None = None) -> Any:
    """Show `source`, run it, and show what its last line gives, or the error that it ends with.

    Args:
        words: what the step is about.
        source: lines of Python, which see and change the names of `known`.
        raises: the error that it has to end with; None for none.

    Returns:
        The value of the last line, or the error.
    """
    title(words)
    lines = textwrap.dedent(source).strip().splitlines()
    for line in filter(None, lines):
        code(line, line.startswith((" ", "else", "except")))
    body = ast.parse("\n".join(lines)).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    result: Any = None
    try:
        exec(compile(ast.Module(body, []), "tour", "exec"), known)
        if isinstance(last, ast.Expr):
            result = eval(compile(ast.Expression(last.value), "tour", "eval"), known)
    except Exception as error:
        if raises is None or not isinstance(error, raises):
            raise
        show(paint("33", type(error).__name__ + ":") + f" {error}")
        explanation = str(getattr(error, "explanation", None) or "")
        if explanation not in str(error):
            note(explanation)
        return error
    expect(raises is None, f"there was no {raises.__name__}" if raises else "")
    if result is not None:
        show(repr(result) if not isinstance(result, str) else result)
    return result
