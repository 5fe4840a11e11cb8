"""One run of the command line: the request is sent, its response printed or saved, and what went wrong is said.

    asked_for ──▶ session.request ──▶ -f, -C ──▶ a file, the terminal, or standard output ──▶ -w, -c, --har, --timings

What is sent is decided in `asking`, where it goes in `saving`, how it looks in `screen` and `reporting`, what a failure
is in `exit_codes`. Rooms that a run has no use for are not loaded.
"""

from __future__ import annotations

import os
import sys
from errno import EBADF
from stat import S_ISREG

from ..._internal_utils import late
from .asking import asked_for
from .table import PROGRAM, Settings, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO, Final, TextIO, TypeAlias, TypeVar

    from ...messages import charsets as _charsets
    from ...urllib3_api.util import pausing as _pausing
    from .. import progress as _progress
    from . import cookie_files as _cookie_files
    from . import exit_codes as _exit_codes
    from . import har as _har
    from . import reporting as _reporting
    from . import retrying as _retrying
    from . import saving as _saving
    from . import screen as _screen
    from .asking import Asked

    # A Session and a Response: this room is below the ones that have the classes.
    _Session: TypeAlias = Any
    _Response: TypeAlias = Any
    _T = TypeVar("_T")
else:
    _charsets = late(".messages.charsets")
    _cookie_files = late(".client.command.cookie_files")
    _exit_codes = late(".client.command.exit_codes")
    _har = late(".client.command.har")
    _pausing = late(".urllib3_api.util.pausing")
    _progress = late(".client.progress")
    _reporting = late(".client.command.reporting")
    _retrying = late(".client.command.retrying")
    _saving = late(".client.command.saving")
    _screen = late(".client.command.screen")

_PIECE: Final = 64 * 1024  # bytes read at once of standard input


class ReaderGone(Exception):
    """The program that reads our output has seen enough."""


class Files:
    """What a request is made of, read: files and standard input, and the password from the terminal."""

    def read(self, path: str) -> bytes:
        """Return the content of a file, of standard input for "-"."""
        if path == "-":
            return b"".join(self.stream())
        with open(path, "rb") as file:
            return file.read()

    def opened(self, path: str) -> BinaryIO:
        """Return a file to be read while it is sent."""
        return open(path, "rb")

    def stream(self) -> Iterator[bytes]:
        """Return standard input, piece by piece as it comes."""
        if sys.stdin is None:
            raise OSError(EBADF, os.strerror(EBADF), "-")
        # Not at the first piece: then it would be a failure of the request.
        return self._pieces(getattr(sys.stdin.buffer, "read1", sys.stdin.buffer.read))

    def _pieces(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        while piece := Run.reading(lambda: read(_PIECE)):
            yield piece

    def password(self, name: str) -> str:
        """Ask for the password of a user."""
        import warnings
        from getpass import GetPassWarning, getpass

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", GetPassWarning)  # it would read standard input, which was not named
                return getpass(f"Password for {name}: ")
        except (AttributeError, EOFError, OSError, GetPassWarning):
            raise UsageError("write the password behind a colon, -u USER:PASSWORD: there is no terminal") from None


class Run:
    """One run.

    Args:
        settings: what the command line says.
        session: makes the Session, called with `settings` and the keywords of its options.
    """

    def __init__(self, settings: Settings, session: Callable[..., _Session]) -> None:
        self.settings = settings
        self._new_session = session
        self._session: _Session = None
        self._asked: Asked | None = None
        self._response: _Response = None
        self._target: _saving.Target | None = None
        self._kept: _har.Body | None = None
        self._template: str | None = None
        self._bars: list[_progress.Bar] = []
        self._is_sending = False
        self._is_shown = False
        self._began = 0.0
        self._started = 0.0

    def __call__(self) -> int:
        """Do all of it, and return the exit code."""
        code, said = 0, ""
        self._start_clock()
        try:
            try:
                self._exchange()
            finally:
                for bar in self._bars:
                    bar.close()
        except KeyboardInterrupt:
            return 130
        except ReaderGone:
            code = 23
        except (OSError, ValueError, TypeError, ImportError, _exit_codes.CommandError) as error:
            code, said = _exit_codes.judged(error, self._is_sending)
            self._tell(said, error)
            if self._response is None:
                self._response = getattr(error, "response", None)  # the last of too many redirects
        return self._end(code, said)

    def _start_clock(self) -> None:
        settings = self.settings
        if settings.write_out is not None or settings.har is not None or settings.rate is not None:
            from time import time

            self._began, self._started = _pausing.now(), time()

    # -- the exchange ------------------------------------------------------------------------------------------

    def _exchange(self) -> None:
        settings = self.settings
        if settings.output in (None, "-") and not settings.remote_name:
            _standard_output()
        asked = self._asked = self.reading(self._ask)
        if settings.output not in (None, "-") or settings.remote_name:
            self._target = _saving.Target(settings, asked.url)
            self._continue(asked)
        session = self._session = self._new_session(settings, **asked.session)
        request = asked.request
        if settings.cookies or settings.cookie_jar is not None:
            self.reading(self._load_cookies)
        if settings.verbose:
            request["trace"] = self._watch
        with session:
            if settings.insecure:
                import warnings

                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # it was asked for
                    self._attempts(asked)
            else:
                self._attempts(asked)

    def _attempts(self, asked: Asked) -> None:
        """Send the request, and once more as often as `--retry` says."""
        settings = self.settings
        left = _retrying.Attempts(settings.retry, settings.retry_time, _pausing.now()) if settings.retry else None
        try:
            while again := self._attempt(asked, left):
                self._again(asked, *again)
        finally:
            if self._target is not None:
                self._target.close()

    def _attempt(self, asked: Asked, left: _retrying.Attempts | None) -> tuple[str, float] | None:
        """Send the request. Return what failed, and the pause until the next attempt; None where that is all."""
        if asked.request.get("data") or "files" in asked.request:
            self._watch_upload(asked.request)
        try:
            with self._session.request(asked.method, asked.url, **asked.request) as response:
                self._response = response
                if left is not None:
                    status = response.status_code
                    pause = left.pause_after(status, _pausing.now(), _retrying.asked_pause(response))
                    if pause is not None:
                        return f"status {status}", pause
                self._deliver(response)
        except (OSError, _exit_codes.CommandError) as error:
            if left is None or self._is_shown:
                raise
            code, said = _exit_codes.judged(error, self._is_sending)
            pause = left.pause_after(code, _pausing.now())
            if pause is None or not (self._target is None or self._target.emptied()):
                raise
            return said.removeprefix(PROGRAM + ": "), pause
        return None

    def _again(self, asked: Asked, failed: str, pause: float) -> None:
        """Get ready for another attempt. CommandError: what was sent cannot be sent once more."""
        self._response = None
        while self._bars:
            self._bars.pop().close()
        parts: Any = asked.request.get("files", ())
        sources: list[Any] = [asked.request.get("data"), *(content[1] for _, content in parts)]
        for source in sources:
            if hasattr(source, "read") or hasattr(source, "__next__"):
                try:
                    source.seek(0)
                except (AttributeError, OSError) as error:
                    raise _exit_codes.CommandError(*_exit_codes.SENT_ONCE) from error
        if not self.settings.silent:
            say(f"{PROGRAM}: trying again after {failed}")
        _pausing.pause(pause)
        self._start_clock()

    def _ask(self) -> Asked:
        if self.settings.write_out is not None:
            text = self.settings.write_out
            self._template = Files().read(text[1:]).decode("utf-8", "replace") if text[:1] == "@" else text
        return asked_for(self.settings, Files())

    @staticmethod
    def reading(read: Callable[[], _T]) -> _T:
        """Return what reads files. CommandError: one of them cannot be read."""
        try:
            return read()
        except OSError as error:
            shown = f"Is the path right? {error.strerror or error}: {error.filename or ''}"
            raise _exit_codes.CommandError(26, shown) from error

    def _continue(self, asked: Asked) -> None:
        assert self._target is not None
        if self._target.is_continued and asked.method != "GET":
            raise UsageError(f"-C goes with GET, not with {asked.method}")
        headers: Any = asked.request["headers"]
        headers.update(self._target.fields)

    def _load_cookies(self) -> None:
        jar = self._session.cookies
        for text in self.settings.cookies:
            if "=" in text:
                continue
            try:
                content = Files().read(text).decode("latin-1")
            except FileNotFoundError:
                self._note(f"* there is no cookie file {text}")
                continue
            for name, value, words in _cookie_files.read_cookies(content):
                jar.set(name, value, **words)

    def _watch_upload(self, request: dict[str, object]) -> None:
        bar = self._bar("up", 0) if self.settings.upload is not None or "files" in request else None
        throttle = None if self.settings.rate is None else _saving.Throttle(self.settings.rate, _pausing.now())

        def sent(done: int, total: int | None) -> None:
            self._is_sending = done != total
            if bar is not None:
                bar(done, total)
            if throttle is not None:
                self._slow_down(throttle.pause_after(done, _pausing.now()))

        self._is_sending = True
        request["on_upload"] = sent

    def _bar(self, label: str, resumed_from: int) -> _progress.Bar | None:
        """Return a progress bar, None where it would not be seen, or not be wanted."""
        if self.settings.silent or sys.stderr is None or not sys.stderr.isatty():
            return None
        bar = _progress.Bar(resumed_from, label)
        self._bars.append(bar)
        return bar

    # -- the response ------------------------------------------------------------------------------------------

    def _deliver(self, response: _Response) -> None:
        settings = self.settings
        if settings.har is not None:
            self._kept = _har.Body()
        target = self._target
        # A file that is whole already is no failure.
        failed = response.status_code >= 400 and not (
            target is not None and response.status_code == 416 and target.is_complete(response)
        )
        if failed and settings.fail:
            raise _exit_codes.CommandError(22, _refusal(response, body_is_shown=False))
        if target is not None:
            if not target.is_complete(response):
                self._write(response, target.opened(response))
        elif settings.output is None and sys.stdout.isatty():
            self._is_shown = True
            self._show(response)
        else:
            self._write(response, _standard_output())
        if failed and settings.fail_with_body:
            raise _exit_codes.CommandError(22, _refusal(response, body_is_shown=True))

    def _write(self, response: _Response, file: BinaryIO) -> None:
        """Write head and body as bytes."""
        if self.settings.include or self.settings.head:
            head = "".join(line + "\r\n" for line in [*_reporting.response_head(response), ""])
            self._is_shown = self._target is None
            _put(file, head.encode("latin-1", "replace"))
        for piece in self._pieces(response) if not self.settings.head else ():
            self._is_shown = self._target is None
            _put(file, piece)
        _put(file, b"")

    def _show(self, response: _Response) -> None:
        """Show head and body on a terminal."""
        screen = _screen.Screen(sys.stdout)
        settings = self.settings
        if not settings.verbose and (settings.include or settings.head or not settings.body_alone):
            screen.show(_screen.head_pieces(_reporting.response_head(response)))
        if settings.head:
            return
        content_type = response.headers.get("Content-Type", "")
        charset = _charsets.content_type_parts(content_type)[1].get("charset")
        screen.body(self._pieces(response), content_type, charset if isinstance(charset, str) else None)

    def _pieces(self, response: _Response) -> Iterator[bytes]:
        """Yield the body as it arrives: kept for `--har`, counted for the bar, slowed down as `--limit-rate` says."""
        rate = self.settings.rate
        throttle = None if rate is None else _saving.Throttle(rate, _pausing.now())
        pieces = response.iter_content(None if throttle is None else throttle.piece)
        offset = self._target.offset if self._target is not None else 0
        label = self._target.path if self._target is not None and self.settings.remote_name else ""
        bar = self._bar(label, offset) if self._target is not None or _is_file(sys.stdout) else None
        if bar is None and throttle is None and self._kept is None:
            yield from pieces
            return
        length = response.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdigit() and "Content-Encoding" not in response.headers else None
        done = 0
        if bar is not None:
            bar(offset, total)
        for piece in pieces:
            done += len(piece)
            if self._kept is not None:
                self._kept.add(piece)
            if bar is not None:
                bar(offset + done, total)
            if throttle is not None:
                self._slow_down(throttle.pause_after(done, _pausing.now()))
            yield piece

    def _slow_down(self, seconds: float) -> None:
        """Pause as `--limit-rate` says. CommandError: `--max-time` ends before."""
        longest = self.settings.max_time
        left = self._began + longest - _pausing.now() if longest else seconds
        if seconds > 0:
            _pausing.pause(max(0.0, min(seconds, left)))
        if left < seconds:
            shown = f"-m or --limit-rate allows more: it took more than {longest:g} s in all"
            raise _exit_codes.CommandError(28, shown)

    # -- what is said beside it --------------------------------------------------------------------------------

    def _watch(self, event: str, info: dict[str, object]) -> None:
        for line in _reporting.Verbose().lines(event, info):
            self._note(line)

    def _note(self, line: str) -> None:
        """Print a line that `-v` shows."""
        if self.settings.verbose:
            say(line)

    def _tell(self, said: str, error: BaseException | None) -> None:
        """Print the one line of a failure; with `-v` the errors behind it, too."""
        if not self.settings.silent or self.settings.show_error:
            say(said)
        if self.settings.verbose and error is not None:
            for line in _exit_codes.chain(error):
                self._note(f"* {line}")

    def _end(self, code: int, said: str) -> int:
        """Print and write what comes last, and return the exit code."""
        settings = self.settings
        try:
            if settings.timings and self._response is not None:
                for line in _reporting.timings_table([*self._response.history, self._response]):
                    say(line)
            if self._template is not None and self._asked is not None:
                self._write_out(code, said)
            if settings.cookie_jar is not None and self._session is not None:
                text = _cookie_files.written_cookies(self._session.cookies)
                self._save(settings.cookie_jar, text.encode("latin-1", "replace"))
            if settings.har is not None and self._asked is not None:
                self._save(settings.har, self._archive())
            if sys.stdout is not None:
                sys.stdout.flush()
        except (BrokenPipeError, ReaderGone):
            code = 23
        except _exit_codes.CommandError as error:
            self._tell(_exit_codes.judged(error)[1], error)
            code = code or 23
        except OSError as error:
            self._tell(_exit_codes.line(f"Is the path right? {error.strerror}: {error.filename}"), error)
            code = code or 23
        if code == 23:
            _drop_output()
        return code

    def _write_out(self, code: int, said: str) -> None:
        assert self._asked is not None and self._template is not None
        response = self._response
        tell = getattr(getattr(response, "raw", None), "tell", None)
        measured = _reporting.Measured(
            self._asked.url,
            self._asked.method,
            response,
            _pausing.now() - self._began,
            tell() if tell is not None else 0,
            self._target.path if self._target is not None else "",
            code,
            said.partition(": ")[2],
        )
        text, unknown = _reporting.written_out(self._template, measured)
        for name in unknown:
            say(f"{PROGRAM}: -w knows no variable {name!r}; %{{json}} shows all")
        _put(_standard_output(), text.encode("utf-8", "surrogateescape"))

    def _archive(self) -> bytes:
        import json

        from ...__version__ import __version__

        responses = [] if self._response is None else [*self._response.history, self._response]
        document = _har.archive(responses, self._kept or _har.Body(), self._started, __version__)
        # What has no place in UTF-8, half of a character, becomes its escape in JSON.
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")

    @staticmethod
    def _save(path: str, content: bytes) -> None:
        if path == "-":
            _put(_standard_output(), content)
            return
        # Cookies and bodies are for the user's eyes.
        with open(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            file.write(content)


def _is_file(stream: TextIO) -> bool:
    """Whether standard output has been sent to a file: a pipe's reader may use the terminal itself."""
    try:
        return S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def say(line: str) -> None:
    """Print a line on standard error, where there is one."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(line + "\n")
        except (OSError, ValueError):  # it is full, or nothing reads it: what is transferred matters more
            sys.stderr = None


def _refusal(response: _Response, body_is_shown: bool) -> str:
    helps = {401: "Is a login missing (-u)?", 403: "Is the login right (-u)?", 404: "Is the URL right?"}
    more = "Its body may say why:" if body_is_shown else "--fail-with-body shows the body:"
    words = f"{response.status_code} {response.reason or ''}".rstrip()
    return f"{helps.get(response.status_code, more)} The server responded {words}"


def _standard_output() -> BinaryIO:
    """Return standard output for bytes. CommandError: it is closed."""
    if sys.stdout is None:
        raise _exit_codes.CommandError(23, "-o FILE saves the body: standard output is closed")
    sys.stdout.flush()
    return sys.stdout.buffer


def _put(file: BinaryIO, piece: bytes) -> None:
    """Write a piece, so that whatever reads it has it now."""
    try:
        file.write(piece)
        file.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        shown = f"Is there room, and may it be written? {error.strerror or error}"
        raise _exit_codes.CommandError(23, shown) from error


def _drop_output() -> None:
    """Have nothing written at exit where nothing reads it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # it is closed
        pass
