"""The pages of the documentation, taken apart: their blocks, links, headings and anchors."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import httpcore_lite

ROOT = Path(httpcore_lite.__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})(?P<kind>\{?[\w:.-]*\}?)[^\n]*\n(?P<text>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL
)
COMMENT = re.compile(r"<!-- (?P<word>not run below|not run|setup|output)(?:: ?(?P<text>.*?))? ?-->", re.DOTALL)
#: Blocks that are run; and those that are directives, tables and drawings.
RUN = {"python", "pycon", "console"}
NOT_CODE = {"text", "ini", "toml", "yaml", "dockerfile", "svg", "mermaid"}


@dataclass(frozen=True)
class Block:
    """One fenced block, or a setup that only the tests see."""

    kind: str
    line: int
    text: str
    expected: str | None = None
    not_run: str | None = None


def pages() -> list[Path]:
    """Every page: those at the root of the repository, then the documentation."""
    found = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    at_the_root = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [*filter(Path.exists, at_the_root), *sorted(found)]


def blocks(text: str) -> list[Block]:
    """The blocks of a page, in order, each with what its comment says.

    `<!-- not run: why -->` before a block, `<!-- not run below: why -->` for the rest of the page,
    `<!-- setup: code -->` anywhere, and `<!-- output -->` before a `text` block with what the block above it prints.
    """
    found: list[Block] = []
    fences = [(match.start(), match) for match in FENCE.finditer(text)]
    comments = [(match.start(), match) for match in COMMENT.finditer(text) if not _inside(match.start(), fences)]
    said: dict[str, str] = {}
    none_below: str | None = None
    for start, match in sorted([*fences, *comments], key=lambda pair: pair[0]):
        line = text.count("\n", 0, start) + 1
        if match.re is COMMENT:
            if match["word"] == "setup":
                found.append(Block("setup", line, match["text"]))
            elif match["word"] == "not run below":
                none_below = match["text"]
            else:
                said = {match["word"]: match["text"] or ""}
            continue
        if "output" in said:
            before = found.pop()
            found.append(Block(before.kind, before.line, before.text, match["text"]))
        else:
            found.append(Block(match["kind"], line, match["text"], None, said.get("not run", none_below)))
        said = {}
    return found


def _inside(place: int, fences: list[tuple[int, re.Match[str]]]) -> bool:
    return any(match.start() <= place < match.end() for _, match in fences)


def prose(text: str) -> str:
    """A page without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", text), flags=re.DOTALL)


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every anchor of a page: its headings, and the targets `(name)=`."""
    bare = FENCE.sub("", text)
    return {slug(heading) for heading in re.findall(r"^#{1,6} +(.+)$", bare, re.MULTILINE)} | set(
        re.findall(r"^\(([\w-]+)\)=$", bare, re.MULTILINE)
    )


def links(text: str) -> list[str]:
    """Where a page's links, pictures and included files lead."""
    inline = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", re.sub(r"`[^`\n]*`", "`", FENCE.sub("", text)))
    included = re.findall(r"^[`:]{3,}\{(?:include|literalinclude|image|figure)\} +(\S+)", text, re.MULTILINE)
    return [*inline, *included, *re.findall(r"<(?:img|source)[^>]* (?:src|srcset)=\"([^\"]+)\"", text)]


def examples_of(module: Path) -> list[Block]:
    """The examples in the docstrings of a module: indented paragraphs that are Python and do something."""
    found = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            for match in re.finditer(r"(?:^    .*\n?|^\n(?=    ))+", text, re.MULTILINE):
                code = textwrap.dedent(match[0]).strip()
                if ("(" in code or "[" in code or "." in code) and _is_python(code):
                    found.append(Block("python", getattr(node, "lineno", 1), code))
    return found


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True
