"""How the documentation is built: `make docs`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from httpcore_lite import __version__

project = "httpcore_lite"
author = copyright = "The httpcore_lite contributors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
pygments_dark_style = "github-dark"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_title = f"httpcore_lite {version}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True

# The docstrings are written to be read in the source: plain text, with drawings and lists by indentation. This turns
# both into what reStructuredText calls them, before napoleon reads the sections (Args, Returns, Raises).
SECTIONS = ("Args:", "Attributes:", "Returns:", "Raises:", "Warns:", "Yields:", "Example:", "Examples:")


def paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return [each for each in found if each]


def opens_list(lines: list[str], number: int) -> bool:
    return lines[number].startswith("- ") and number > 0 and lines[number - 1][:1] not in ("", "-", " ")


def lay_out(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    result: list[str] = []
    # A list that follows its introduction without a blank line is one all the same.
    apart = [line for number, line in enumerate(lines) for line in ([""] if opens_list(lines, number) else []) + [line]]
    in_section = in_literal = False
    for paragraph in paragraphs(apart):
        indented = all(line.startswith("  ") for line in paragraph)
        if not indented:
            in_section, in_literal = paragraph[0] in SECTIONS, False
        if indented and not in_section and not in_literal:
            in_literal = True
            if not (result and result[-2].endswith("::")):
                result += ["::", ""]  # a drawing or an example
        elif paragraph[0].startswith(("- ", "* ", "1. ")):
            pass  # a list as it should be
        elif not indented and not in_section and any(line.startswith(" ") for line in paragraph):
            # A list: each item begins at the margin, and goes on indented.
            paragraph = ["  " + line.strip() if line.startswith(" ") else "* " + line for line in paragraph]
        result += [*paragraph, ""]
    lines[:] = [re.sub(r"\bdocs/([\w-]+)\.md\b", r":doc:`\1`", line) for line in result]


#: The standard library has no types for this one.
INHERITED = {"httpcore_lite.cookies.RequestsCookieJar": "(policy: CookiePolicy | None = None)"}


def fields_of(obj: Any) -> str | None:
    """The fields of a named tuple with their types, which its module has for type checkers only."""
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[obj.__module__]))):
        if (
            isinstance(node, ast.ClassDef)
            and node.name == obj.__name__
            and "NamedTuple" in map(ast.unparse, node.bases)
        ):
            return f"({', '.join(ast.unparse(field) for field in node.body if isinstance(field, ast.AnnAssign))})"
    return None


def untyped(what: str, signature: str, returns: str | None) -> bool:
    """Whether a type is missing. What a class returns is itself."""
    function = ast.parse(f"def f{re.sub('<[^>]*>', '...', signature)}: pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    parts = function.args
    every = [*parts.posonlyargs, *parts.args, *parts.kwonlyargs, *filter(None, (parts.vararg, parts.kwarg))]
    return any(each.annotation is None for each in every) or (not returns and what not in ("class", "exception"))


def name_types(app: object, what: str, name: str, obj: Any, options: object, signature: str, returns: str) -> Any:
    """The types of parameters stand at the end of the page of the API, under the names that are shown."""
    if what == "class" and hasattr(obj, "_fields"):
        signature = fields_of(obj) or signature
    signature = INHERITED.get(name, signature)
    if signature == "(*args: object, **given: object)":
        return "", None  # a value: its fields are shown, and programs make none
    ours = getattr(obj, "__module__", None) or ""
    if signature and ours.startswith("httpcore_lite") and untyped(what, signature, returns):
        logging.getLogger(__name__).warning("a type is missing: %s%s", name, signature)
    return tuple(text and re.sub(r"\b_t\.", "", text) for text in (signature, returns))


#: Folders from which programs import nothing.
INSIDE = tuple(f"httpcore_lite.{folder}." for folder in ("sansio", "transport", "client", "urllib3_api"))


def name_home(app: object, domain: str, kind: str, content: Any) -> None:
    """A name is shown with the module that programs import it from, which need not be the one that it is written in."""
    for heading in content.parent.findall(addnodes.desc_signature):
        module, name, shown = heading.get("module"), heading["fullname"], heading.next_node(addnodes.desc_addname)
        if not module or "." in name or shown is None:
            continue
        value = getattr(importlib.import_module(module), name)
        homes = [home for home in ("httpcore_lite", module.rpartition(".")[0]) if is_public(home, name, value)]
        home = homes[0] if homes else "" if module.startswith(INSIDE) else module
        shown.clear()
        shown += nodes.Text(f"{home}." if home else "")


def is_public(module: str, name: str, value: object) -> bool:
    home = importlib.import_module(module or "httpcore_lite")
    return name in getattr(home, "__all__", ()) and getattr(home, name) is value


def setup(app: Any) -> None:
    app.connect("object-description-transform", name_home)
    app.connect("autodoc-process-signature", name_types)
    app.connect("autodoc-process-docstring", lay_out, priority=100)
