"""The command line: `python -m httpcore_lite URL` requests a URL and writes the body to standard output.

The options are curl's where curl has them. The body goes to standard output (or `-o`) as it arrives, in bounded memory;
all else goes to standard error. Built on the API of requests alone, so that it is one more program that shows that it
works.

Exit codes: 0 a response was received, whatever its status; 1 the request failed; 2 the command line was wrong;
130 interrupted.

`python -m httpcore_lite --as-requests script.py args...` runs another program with this package in requests' place.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from . import _types as _t
    from .models import PreparedRequest, Response

__all__ = ["main"]

_CHUNK = 64 * 1024  # bytes written at once
_DEFAULT_TIMEOUT = 60.0

_EXAMPLES = """\
examples:
  %(prog)s https://example.org/                     print the body
  %(prog)s -i -H 'Accept: text/plain' URL           with the response's head, and a header of your own
  %(prog)s -d name=value -d other=@file.txt URL     POST a form
  %(prog)s -X PUT -H 'Content-Type: application/json' -d @document.json URL
  %(prog)s -o archive.tar.gz URL                    download to a file
  %(prog)s --as-requests script.py arguments...     run a program that imports requests
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: the words after the program's name; `sys.argv[1:]` by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--as-requests"]:
        return _run_as_requests(words[1:])
    if words[:1] == ["--stand-in"]:
        return _write_stand_in(words[1:])
    parser = _parser()
    options = parser.parse_args(words)
    if options.stand_in is not None:
        parser.error("--stand-in DIRECTORY comes first, and nothing comes with it")
    try:
        options.headers = dict(map(_header, options.header))
        options.body = _body(options.data)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return _guarded(lambda: _request(options))


def _parser() -> argparse.ArgumentParser:
    from .__version__ import __version__

    parser = argparse.ArgumentParser(
        prog="python -m httpcore_lite",
        description="Request a URL and write the body of the response to standard output.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("url", metavar="URL", help="what to request; http:// is assumed where the scheme is missing")
    _add_options_of_the_request(parser.add_argument)
    _add_options_of_the_way(parser.add_argument)
    _add_options_of_the_output(parser.add_argument)
    parser.add_argument(
        "--as-requests",
        metavar="SCRIPT",
        nargs=argparse.REMAINDER,
        help="run SCRIPT (or '-m MODULE') with its arguments, with this package in the place of requests; must come "
        "first",
    )
    parser.add_argument(
        "--stand-in",
        metavar="DIRECTORY",
        help="write a wheel there that satisfies packages that depend on requests, instead of requesting a URL",
    )
    parser.add_argument("--version", action="version", version=f"httpcore_lite {__version__}")
    return parser


def _add_options_of_the_request(add: Callable[..., object]) -> None:
    add("-X", "--request", metavar="METHOD", dest="method", help="the method (GET, or POST when there is data)")
    add(
        "-H",
        "--header",
        metavar="LINE",
        action="append",
        default=[],
        help="a header 'Name: value'; 'Name:' leaves out one that is sent by default, 'Name;' sends it empty",
    )
    add(
        "-d",
        "--data",
        metavar="DATA",
        action="append",
        default=[],
        help="the body, as a form unless a header says otherwise; @FILE reads it from a file (without its line "
        "ends), @- from standard input; several are joined by '&'",
    )
    add("-u", "--user", metavar="USER[:PASSWORD]", help="basic authentication; asks for a missing password")


def _add_options_of_the_way(add: Callable[..., object]) -> None:
    add("--no-redirects", action="store_true", help="print a redirect instead of following it")
    add(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=_DEFAULT_TIMEOUT,
        help="how long to wait for a connection, and for each further piece of the response; 0 for ever "
        "(default: %(default)g)",
    )
    add("-k", "--insecure", action="store_true", help="do not verify the server's certificate")
    add("--cacert", metavar="FILE", help="verify the server by the authorities in this file or directory")
    add("-x", "--proxy", metavar="URL", help="send the request through this proxy")


def _add_options_of_the_output(add: Callable[..., object]) -> None:
    add("-i", "--include", action="store_true", help="print the response's status line and headers before the body")
    add("-v", "--verbose", action="store_true", help="print the heads of requests and responses on standard error")
    add("-o", "--output", metavar="FILE", help="write the body to FILE instead of standard output")


# -- from the command line to a request --------------------------------------------------------------------------------


def _header(line: str) -> tuple[str, str | None]:
    name, colon, value = line.partition(":")
    if colon and name.strip():
        return name.strip(), value.strip() or None  # None: requests leaves its own default out
    if line.endswith(";") and line[:-1].strip():
        return line[:-1].strip(), ""
    raise ValueError(f"a header is written 'Name: value', not {line!r}")


def _body(pieces: list[str]) -> bytes | None:
    return b"&".join(map(_data, pieces)) if pieces else None


def _data(piece: str) -> bytes:
    if not piece.startswith("@"):
        return piece.encode()
    if piece == "@-":
        content = sys.stdin.buffer.read()
    else:
        with open(piece[1:], "rb") as file:
            content = file.read()
    return content.replace(b"\r", b"").replace(b"\n", b"")


def _credentials(user: str | None) -> tuple[str, str] | None:
    if user is None:
        return None
    name, colon, password = user.partition(":")
    if not colon:
        from getpass import getpass

        password = getpass(f"Password for {name}: ")
    return name, password


def _request(options: argparse.Namespace) -> int:
    import warnings

    from .sessions import Session

    method = options.method or ("GET" if options.body is None else "POST")
    url = options.url if "://" in options.url else "http://" + options.url
    with warnings.catch_warnings(), Session() as session:
        if options.insecure:
            warnings.simplefilter("ignore")  # it was asked for
        with session.request(method, url, **_arguments(options)) as response:
            _print(response, options)
    return 0


def _arguments(options: argparse.Namespace) -> _t.Keywords:
    """The keyword arguments of `Session.request`."""
    headers = options.headers
    if options.body is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return {
        "data": options.body,
        "headers": headers,
        "auth": _credentials(options.user),
        "timeout": options.timeout or None,
        "allow_redirects": not options.no_redirects,
        "proxies": {"http": options.proxy, "https": options.proxy} if options.proxy else None,
        "verify": False if options.insecure else options.cacert,
        "stream": True,
    }


# -- from a response to what is printed --------------------------------------------------------------------------------


def _print(response: Response, options: argparse.Namespace) -> None:
    if options.verbose:
        for each in [*response.history, response]:
            _print_lines("> ", _request_head(each.request))
            _print_lines("< ", _response_head(each))
    if options.output:
        with open(options.output, "wb") as file:
            _write(response, file, options.include)
    else:
        _write(response, sys.stdout.buffer, options.include)


def _write(response: Response, file: BinaryIO, with_head: bool) -> None:
    if with_head:
        file.write("".join(line + "\r\n" for line in _response_head(response)).encode("latin-1", "replace"))
    for piece in response.iter_content(_CHUNK):
        file.write(piece)
    file.flush()


def _print_lines(mark: str, lines: Iterator[str]) -> None:
    for line in lines:
        print((mark + line).rstrip(), file=sys.stderr)


def _request_head(request: PreparedRequest) -> Iterator[str]:
    from .sansio.http1.headers import text_of

    # The Host field is added further down; here it is shown as it goes out.
    yield f"{request.method} {request.path_url} HTTP/1.1"
    headers = dict(request.headers or {})
    if not any(text_of(name).lower() == "host" for name in headers):
        yield "Host: " + (request.url or "").split("://", 1)[-1].split("/", 1)[0].rpartition("@")[2]
    for name, value in headers.items():
        yield f"{text_of(name)}: {text_of(value)}"
    yield ""


def _response_head(response: Response) -> Iterator[str]:
    version = "HTTP/1.0" if getattr(response.raw, "version", 11) == 10 else "HTTP/1.1"
    yield f"{version} {response.status_code} {response.reason or ''}".rstrip()
    for name, value in (response.raw.headers if response.raw is not None else response.headers).items():
        yield f"{name}: {value}"
    yield ""


# -- what can go wrong -------------------------------------------------------------------------------------------------


def _guarded(run: Callable[[], int]) -> int:
    """Run, and say what went wrong in one line, and what helps in a second one."""
    from .exceptions import RequestException

    try:
        return run()
    except BrokenPipeError:
        # The program that reads our output has seen enough. Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (RequestException, OSError, ValueError) as error:
        message = " ".join(str(error).split())
        explanation = getattr(error, "explanation", "")
        print(f"httpcore_lite: {type(error).__name__}: {message or 'failed'}", file=sys.stderr)
        if explanation and explanation not in message:
            print(explanation, file=sys.stderr)
        return 1


def _write_stand_in(words: list[str]) -> int:
    """Write the wheel that stands in for requests, and print where it is."""
    if len(words) != 1 or words[0].startswith("-"):
        print("usage: python -m httpcore_lite --stand-in DIRECTORY", file=sys.stderr)
        return 2

    def run() -> int:
        from .stand_in import write

        print(write(words[0]))
        return 0

    return _guarded(run)


# -- another program, with us in requests' place -----------------------------------------------------------------------


def _run_as_requests(words: list[str]) -> int:
    """Run a script or `-m module` as the main program, after `install_as_requests(urllib3=True)`.

    A program on requests takes for granted that urllib3 is there too, since requests installs it.
    """
    import runpy

    from ._alias import install_as_requests

    is_module = words[:1] == ["-m"]
    program, arguments = (words[1:2], words[2:]) if is_module else (words[:1], words[1:])
    if not program:
        print("usage: python -m httpcore_lite --as-requests SCRIPT|-m MODULE [arguments...]", file=sys.stderr)
        return 2
    if not is_module and not os.path.exists(program[0]):
        print(f"httpcore_lite: there is no file {program[0]}", file=sys.stderr)
        return 2
    install_as_requests(urllib3=True)
    sys.argv = [program[0], *arguments]
    if is_module:
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
        return 0
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        # As `python script.py` does: the script's folder comes first where modules are looked for.
        sys.path[0] = os.path.dirname(os.path.abspath(program[0]))
    runpy.run_path(program[0], run_name="__main__")
    return 0
