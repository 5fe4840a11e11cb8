"""`settings.verbose`: one line for each request that leaves, as requests 0.6 wrote it.

    httpcore_lite.settings.verbose = sys.stderr

    2026-11-21T03:04:23.380175   GET   http://host/path

Adapters look here only once a program has named `settings`, which loads this room. Secrets are masked.
"""

from __future__ import annotations

from datetime import datetime

from ..sansio.options import NO_OPTIONS, ExchangeOptions
from ..sansio.redaction import masked_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, Protocol

    class Writable(Protocol):
        """What text is written to."""

        def write(self, text: str, /) -> object: ...

    class Outgoing(Protocol):
        """What is written of a request: a PreparedRequest."""

        @property
        def method(self) -> str | None: ...
        @property
        def url(self) -> str | None: ...


class Settings:
    """Settings of the process, as requests 0.6 had them; `settings` is the one there is.

    Attributes:
        verbose: where a line is written before each request that leaves, such as `sys.stderr`: what has a `write` for
            text. None, the default: nowhere.
    """

    verbose: Writable | None = None

    def __repr__(self) -> str:
        return f"<settings verbose={self.verbose!r}>"

    # Else a name of requests 0.6 that means nothing here would be set without a word.
    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise AttributeError(_unknown(name), name=name, obj=self)

        def __setattr__(self, name, value):
            if name != "verbose":
                raise AttributeError(_unknown(name), name=name, obj=self)
            super().__setattr__(name, value)


def _unknown(name: str) -> str:
    return f"settings has no attribute {name!r}; what it has: verbose"


settings: Final = Settings()


def line_of(moment: datetime, request: Outgoing) -> str:
    """Return the line of a request that leaves at `moment`, in local time."""
    url = masked_target(str(request.url))
    return f"{moment.isoformat(timespec='microseconds')}   {request.method}   {url}\n"


def tell(request: Outgoing, arguments: dict[str, object]) -> None:
    """Write the line of a request that is about to leave, and see to it that each repetition has one.

    `arguments` are those of the pool's `urlopen`, whose options get a trace function of ours. TypeError:
    `settings.verbose` is nothing that can be written to.
    """
    stream = settings.verbose
    if stream is None:
        return
    write = getattr(stream, "write", None)
    if not callable(write):
        raise TypeError(
            f"settings.verbose takes what has a write method, such as sys.stderr, or None, not {stream!r:.50}"
        )

    def write_line() -> None:
        # At once, since other threads may write as well.
        write(line_of(datetime.now(), request))

    write_line()
    options = arguments.get("options", NO_OPTIONS)
    assert isinstance(options, ExchangeOptions)
    arguments["options"] = options.replaced(trace=_Repetitions(write_line, options.trace))


class _Repetitions:
    """A trace function that writes the line again when a request leaves once more, and then does what `trace` does."""

    __slots__ = ("_due", "_sent", "_trace", "_write")

    def __init__(self, write: Callable[[], object], trace: Callable[[str, dict[str, object]], object] | None) -> None:
        self._write = write
        self._trace = trace
        self._due = False
        # Whether what the last line is for was sent.
        self._sent = False

    def __call__(self, event: str, info: dict[str, object]) -> None:
        if event in ("request.retried", "request.replayed"):
            self._due = True  # after the pause
        elif self._due or (event == "send.start" and self._sent):  # a proxy has asked for credentials
            self._due = self._sent = False
            self._write()
        if event == "send.start":
            self._sent = True
        if self._trace is not None:
            self._trace(event, info)
