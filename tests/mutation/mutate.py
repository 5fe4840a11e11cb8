"""Change a room of `sansio/` or `transport/` in one small place at a time, and see whether its tests notice.

    make mutation ROOM=framing                        what `docs/guarantees/mutation.md` reports, again
    make mutation ROOM=framing ARGS="--sample 0"      every change that is known, not only a sample

Works on a copy of the tree. Each change is made to the room's syntax tree; then the room's own unit tests run and,
when they pass, its neighbours: wire and property tests that go through the room. Where all pass, the change survived
and is printed: either it changes nothing that can be seen, or a test is missing. Each run is a fork of this
process, which has the slow imports behind it: POSIX only. The result is 1 when the tests fail with nothing changed.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import multiprocessing
import operator
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Where the rooms are, by their file names.
FLOORS = ("sansio", "transport", "urllib3_api")

# What runs on a change that a room's own tests let through.
NEIGHBOURS: dict[str, list[str]] = {
    "request_body": ["unit/urllib3_api/test_connectionpool.py", "integration/test_uploads.py"],
    "connection": [
        "wire/test_reuse.py", "wire/test_faults.py", "wire/test_timeouts.py", "wire/test_time.py", "wire/test_tls.py",
        "wire/test_tls_faults.py", "integration/test_seeing.py", "unit/transport/connectors/test_proxy.py",
    ],
    "decoders": ["property/test_decoder_properties.py", "fuzz/test_corpus.py"],
    "exchange": [
        "wire/test_reuse.py", "wire/test_faults.py", "wire/test_upload_streams.py", "integration/test_pool_limits.py",
        "integration/test_seeing.py",
    ],
    "digest": ["property/test_field_properties.py", "unit/test_auth.py"],
    "framing": ["wire/test_framing.py", "property/test_framing_properties.py", "property/test_exchange_properties.py"],
    "socks": ["unit/transport/connectors/test_tcp.py"],
    "headers": ["unit/test_structures.py", "unit/urllib3_api/test_response.py", "wire/test_framing.py"],
    "ledger": ["unit/transport/test_pool.py", "wire/test_reuse.py"],
    "mending": ["wire/test_sloppy_heads.py", "property/test_mending_properties.py"],
    "pool": ["wire/test_reuse.py", "integration/test_pool_limits.py", "integration/test_concurrency.py"],
    "proxy": [
        "unit/transport/connectors/test_tcp.py", "integration/test_proxies.py", "integration/test_proxy_logins.py",
        "integration/test_real_proxies.py",
    ],
    "protocol": ["wire/test_framing.py", "wire/test_reuse.py", "wire/test_faults.py", "wire/test_sloppy_heads.py"],
    "content": ["integration/test_decoding.py", "wire/test_limits.py", "wire/test_failed_bodies.py"],
    "file_response": ["unit/urllib3_api/test_response.py", "compat/test_urllib3_shapes_compat.py"],
    "file_body": ["unit/urllib3_api/test_response.py", "compat/test_urllib3_shapes_compat.py"],
    "http_client": ["compat/test_neighbours.py", "compat/test_idioms.py", "property/test_reading_properties.py"],
    "long_body": ["property/test_reading_properties.py", "wire/test_failed_bodies.py"],
    "response_body": ["property/test_reading_properties.py", "wire/test_failed_bodies.py", "wire/test_limits.py"],
    "response": [
        "unit/urllib3_api/test_connectionpool.py", "integration/test_urllib3_api.py", "integration/test_decoding.py",
        "integration/test_exchange_options.py", "wire/test_promises_bodies.py",
    ],
    "tls_sessions": ["unit/transport/connectors/test_tls.py", "wire/test_tls.py"],
    "retry": ["wire/test_faults.py"],
    "routes": ["unit/client/test_environment.py", "unit/urllib3_api/test_connectionpool.py"],
    "timeouts": ["wire/test_time.py"],
    "tls_in_tls": ["wire/test_upload_streams.py", "integration/test_real_proxies.py", "wire/test_tls_faults.py"],
    "sending": ["integration/test_uploads.py", "wire/test_upload_streams.py", "integration/test_exchange_options.py"],
    "verdicts": ["unit/sansio/http1/test_protocol.py", "property/test_verdict_properties.py", "fuzz/test_corpus.py"],
}  # fmt: skip
# Tests that take seconds and ask about time and memory, and one that reads the room's text, which we lay out anew.
LEFT_OUT = "not megabyte and not constant_memory and not names_no_other_reasons"
IMPORTED_ONCE = ("h11", "ssl", "hypothesis", "xdist", "pytest_cov", "pytest_timeout", "email.parser", "http.cookiejar")

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.Mod: ast.Add,
}  # fmt: skip
UNTOUCHED = ("annotation", "returns", "decorator_list", "bases")


class Change(NamedTuple):
    """One place in a tree and what would be done to it."""

    line: int
    before: str
    after: str
    make: Callable[[], None]


def changes(node: ast.AST, words: bool = True) -> Iterator[Change]:
    """Yield every change known to the tree below `node`; texts of errors are left alone (`words` False)."""
    words = words and not isinstance(node, ast.Raise | ast.JoinedStr)
    if isinstance(node, ast.stmt) and re.match(r"if TYPE_CHECKING|__slots__|TYPE_CHECKING", ast.unparse(node)):
        return
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        for position, child in enumerate(value if isinstance(value, list) else [value]):
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if docstring or not isinstance(child, ast.AST):
                continue
            place, key = (value, position) if isinstance(value, list) else (vars(node), field)
            for new in _instead_of(child, words, condition=field == "test"):
                before, after = (ast.unparse(tree).split("\n")[0] for tree in (child, new))
                yield Change(getattr(child, "lineno", 0), before, after, partial(operator.setitem, place, key, new))
            yield from changes(child, words)


def _instead_of(node: ast.AST, words: bool, condition: bool) -> Iterator[ast.AST]:
    """Yield what may stand in the place of `node`."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for index, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:index], SWAPS[type(op)](), *ops[index + 1 :]], others)  # type: ignore[list-item]
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(SWAPS[type(op)](), values)  # type: ignore[arg-type]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPS:
            yield ast.BinOp(left, SWAPS[type(op)](), right)  # type: ignore[arg-type]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool(flag)):
            yield ast.Constant(not flag)
        case ast.Constant(value=int(number) | float(number)):
            yield from (ast.Constant(number + 1), ast.Constant(number - 1))
        case ast.Constant(value=str() | bytes() as text) if words:
            yield ast.Constant(text + ("x" if isinstance(text, str) else b"x"))  # type: ignore[operator]
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(target=target, op=op, value=value):
            if type(op) in SWAPS:
                yield ast.AugAssign(target, SWAPS[type(op)](), value)  # type: ignore[arg-type]
            yield ast.Pass()
        case ast.Break() | ast.Continue():
            yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        case ast.Expr() | ast.Raise() | ast.Delete() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
    if condition and isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.BoolOp):
        yield ast.UnaryOp(ast.Not(), node)


def _run(tests: list[str]) -> None:
    """Run in a fork: the tests, quietly; the process ends with 0 when all pass."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1), os.dup2(nothing, 2)
    sys.path.insert(0, str(Path.cwd()))
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT, *tests]))


def passes(tests: list[str], limit: float) -> bool:
    """Say whether the tests pass, within `limit` seconds."""
    child = multiprocessing.get_context("fork").Process(target=_run, args=(tests,))
    child.start()
    child.join(limit)
    child.kill()  # of no effect when it has ended
    child.join()
    return child.exitcode == 0


def judge(room: str, sample: int, seed: int) -> bool:
    """Try changes of one room, in the copied tree around us, and print what survives; False: nothing can be said."""
    file = next(path for floor in FLOORS for path in Path("httpcore_lite", floor).rglob(f"{room}.py"))
    source = file.read_text("utf-8")
    known = len(list(changes(ast.parse(source))))
    own = [str(path) for path in sorted(Path("tests/unit").rglob(f"test_{room.lstrip('_')}.py"))]
    # A room that waits may have no unit tests: then its neighbours are all that there is.
    suites = {0: own, 1: [f"tests/{name}" for name in NEIGHBOURS.get(room, [])]}
    limits = {}
    file.write_text(ast.unparse(ast.parse(source)), "utf-8")  # a test that minds that would catch everything
    for number, tests in suites.items():
        begun = time.monotonic()
        if tests and not passes(tests, 300):
            print(f"{room}: the tests fail with nothing changed: {' '.join(tests)}")
            return False
        limits[number] = 5 + 4 * (time.monotonic() - begun)
    # From here on no bytecode is written: what there is of the room would be taken for the next change's.
    sys.dont_write_bytecode = True
    for cached in file.parent.glob(f"__pycache__/{room}.*"):
        cached.unlink()
    chosen = range(known) if not 0 < sample < known else random.Random(f"{seed}:{room}").sample(range(known), sample)
    caught = [0, 0]
    for index in sorted(chosen):
        tree = ast.parse(source)
        change = list(changes(tree))[index]
        change.make()
        file.write_text(ast.unparse(ast.fix_missing_locations(tree)), "utf-8")
        by = next((number for number, tests in suites.items() if tests and not passes(tests, limits[number])), None)
        if by is None:
            print(f"survived  {room}.py:{change.line}  {change.before}  ->  {change.after}", flush=True)
        else:
            caught[by] += 1
    file.write_text(source, "utf-8")
    sys.dont_write_bytecode = False
    print(f"{room}: {len(chosen)} of {known} changes made, {caught[0]} caught by its own tests, "
          f"{caught[1]} by neighbours, {len(chosen) - sum(caught)} survived", flush=True)  # fmt: skip
    return True


def main() -> int:
    """Copy the tree, and judge the rooms that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("rooms", nargs="*", default=sorted(NEIGHBOURS), help="rooms; else all that have neighbours here")
    asked.add_argument("--sample", type=int, default=60, help="changes a room, drawn at random; 0: all")
    asked.add_argument("--seed", type=int, default=7, help="the same seed draws the same changes")
    options = asked.parse_args()
    for name in IMPORTED_ONCE:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        ignored = shutil.ignore_patterns(".*", "build", "_build", "__pycache__")
        shutil.copytree(ROOT, place, dirs_exist_ok=True, ignore=ignored)
        os.chdir(place)
        results = [judge(room, options.sample, options.seed) for room in options.rooms]
        os.chdir(ROOT)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
