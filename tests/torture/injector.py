"""Makes the n-th fallible call of a client fail, in the manner of curl's torture tests.

    injector = Injector()
    with injector.installed():
        injector.begin()                            # counts only
        ...
        calls = injector.end()                      # ["getaddrinfo", "socket", "connect", ...]
        for number, kind in every(calls):
            injector.begin(number, kind)            # and now that one call fails, in that way
            ...
            injector.end()

What can fail is replaced where Python has it (`socket.socket.send`, `ssl.SSLContext.wrap_socket`, `os.sendfile`,
`select.poll` ...), so nothing here knows how the package is made inside, but for the lock of its pool. Only calls of
the thread that called `begin` count, and of one call within another only the outer one.

`FAULTS` says in which ways each call can fail. An interrupt is what a signal's handler raises: before the call, or
behind it, when what was asked for has happened and the result is lost.
"""

from __future__ import annotations

import errno
import linecache
import os
import select
import selectors
import signal
import socket
import ssl
import sys
import zlib
from _thread import allocate_lock
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Any, NamedTuple
from unittest.mock import patch

from httpcore_lite.transport import pool

_PACKAGE = str(Path(pool.__file__).parent.parent) + os.sep
# The longest that a lock of the pool is waited for: a lock that no thread will ever release is found, not waited for.
LOCK_PATIENCE = 1.0


class Interrupt(BaseException):
    """What the handler of a signal raises: no Exception, as KeyboardInterrupt is none."""


class Deadlock(AssertionError):
    """A lock was not released."""


Real = Callable[..., Any]


class Fault(NamedTuple):
    """One way in which a call fails: `act` is called in its place, with the real function and its arguments."""

    label: str
    act: Callable[..., Any]

    @property
    def interrupts(self) -> bool:
        return self.label.startswith("interrupt")


# -- ways to fail ------------------------------------------------------------------------------------------------


def before(label: str, make: Callable[[], BaseException]) -> Fault:
    """Fail instead of doing what was asked for."""

    def act(real: Real, *args: Any, **named: Any) -> Any:
        raise make()

    return Fault(label, act)


def behind(label: str, make: Callable[[], BaseException]) -> Fault:
    """Do what was asked for, then fail: the result is lost."""

    def act(real: Real, *args: Any, **named: Any) -> Any:
        try:
            result = real(*args, **named)
        except BaseException:
            raise make() from None
        if isinstance(result, socket.socket):
            result.close()  # as the collector does with an object that no caller got
        raise make()

    return Fault(label, act)


def system(*numbers: int) -> tuple[Fault, ...]:
    """The operating system's errors of these numbers."""
    return tuple(before(errno.errorcode[number], partial(OSError, number, os.strerror(number))) for number in numbers)


def gone(label: str, make: Callable[[], Any]) -> Fault:
    """What a socket says whose peer has gone, and nothing comes from it later, either."""

    def act(real: Real, sock: socket.socket | int, *args: Any) -> Any:
        descriptor = sock if isinstance(sock, int) else sock.fileno()
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as other:
            other.shutdown(socket.SHUT_RDWR)
        return make()

    return Fault(label, act)


def _raise(error: BaseException) -> Any:
    raise error


def result(label: str, make: Callable[..., Any]) -> Fault:
    """Return without an error, but not what was hoped for; `make` gets the real function and its arguments."""
    return Fault(label, make)


def by_signal(real: Real, *args: Any, **named: Any) -> Any:
    """A real signal comes while the call is under way; its handler raises."""
    signal.raise_signal(signal.SIGUSR1)
    return real(*args, **named)


TIMED_OUT = before("timed out", lambda: TimeoutError("timed out"))
NO_MEMORY = before("MemoryError", MemoryError)
INTERRUPT = before("interrupt", Interrupt)
INTERRUPT_BEHIND = behind("interrupt behind", Interrupt)
SIGNAL = Fault("interrupt by a signal", by_signal)
INTERRUPTS = (INTERRUPT, INTERRUPT_BEHIND)

_GONE = (
    gone("ECONNRESET", lambda: _raise(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))),
    gone("EPIPE", lambda: _raise(BrokenPipeError(errno.EPIPE, "Broken pipe"))),
)
_TLS_ERRORS = (
    before("SSLError", lambda: ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] bad record mac")),
    gone("SSLEOFError", lambda: _raise(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"))),
)
_ONE_BYTE_OUT = result("1 byte", lambda real, sock, data, *rest: real(sock, memoryview(data)[:1], *rest))
_ONE_BYTE_IN = result("1 byte", lambda real, sock, size, *rest: real(sock, 1, *rest))
_ONE_BYTE_INTO = result("1 byte", lambda real, sock, view, *rest: real(sock, memoryview(view)[:1]))
_NOTHING_IN = gone("end", lambda: b"")
_NOTHING_INTO = gone("end", lambda: 0)
_OUT = (*_GONE, *system(errno.ENOBUFS), TIMED_OUT, _ONE_BYTE_OUT, *INTERRUPTS)
_IN = (_GONE[0], *system(errno.ENOMEM), TIMED_OUT, NO_MEMORY)


def _ready(events: int) -> Callable[..., Any]:
    return lambda real, registered, *rest: [(descriptor, events) for descriptor in registered.descriptors]


FAULTS: dict[str, tuple[Fault, ...]] = {
    "getaddrinfo": (
        before("gaierror", lambda: socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        before("gaierror again", lambda: socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")),
        *system(errno.EMFILE),
        result("no address", lambda real, *rest: []),
        NO_MEMORY,
        *INTERRUPTS,
    ),
    "socket": (*system(errno.EMFILE, errno.ENOBUFS, errno.EACCES, errno.EAFNOSUPPORT), NO_MEMORY, INTERRUPT),
    "connect": (
        *system(errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.ENETUNREACH, errno.EADDRNOTAVAIL),
        TIMED_OUT,
        *INTERRUPTS,
    ),
    "bind": (*system(errno.EADDRINUSE, errno.EADDRNOTAVAIL), *INTERRUPTS),
    "settimeout": (*system(errno.EBADF), *INTERRUPTS),
    "setblocking": (*system(errno.EBADF), *INTERRUPTS),
    "setsockopt": (*system(errno.EINVAL, errno.ENOPROTOOPT, errno.ECONNRESET), *INTERRUPTS),
    "getsockopt": (
        *system(errno.ENOTCONN),
        result("ECONNREFUSED", lambda real, *rest: errno.ECONNREFUSED),
        *INTERRUPTS,
    ),
    "getsockname": (*system(errno.ENOTCONN), *INTERRUPTS),
    "getpeername": (*system(errno.ENOTCONN), *INTERRUPTS),
    "shutdown": (*system(errno.ENOTCONN), *INTERRUPTS),
    "send": _OUT,
    "sendall": tuple(fault for fault in _OUT if fault is not _ONE_BYTE_OUT),
    "sendmsg": tuple(fault for fault in _OUT if fault is not _ONE_BYTE_OUT),
    "recv": (*_IN, _ONE_BYTE_IN, _NOTHING_IN, *INTERRUPTS),
    "recv_into": (*_IN, _ONE_BYTE_INTO, _NOTHING_INTO, *INTERRUPTS),
    "close": (behind("EIO", lambda: OSError(errno.EIO, "close failed")), INTERRUPT_BEHIND),
    "sendfile": (
        *_GONE,
        *system(errno.EAGAIN, errno.EINVAL, errno.ENOSYS, errno.EIO),
        result("1 byte", lambda real, out, file, offset, size: real(out, file, offset, 1)),
        result("end", lambda real, *rest: 0),
        *INTERRUPTS,
    ),
    "pread": (*system(errno.EIO), *INTERRUPTS),
    "load_verify_locations": (
        *system(errno.EMFILE, errno.ENOENT, errno.EACCES),
        _TLS_ERRORS[0],
        NO_MEMORY,
        *INTERRUPTS,
    ),
    "wrap_socket": (_TLS_ERRORS[0], *system(errno.ECONNRESET), NO_MEMORY, *INTERRUPTS),
    "wrap_bio": (_TLS_ERRORS[0], NO_MEMORY, *INTERRUPTS),
    "do_handshake": (
        *_TLS_ERRORS,
        before("SSLCertVerificationError", lambda: ssl.SSLCertVerificationError(1, "certificate verify failed")),
        *system(errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT),
        TIMED_OUT,
        NO_MEMORY,
        *INTERRUPTS,
    ),
    "TLS send": (*_OUT, *_TLS_ERRORS),
    "TLS sendall": (*(fault for fault in _OUT if fault is not _ONE_BYTE_OUT), *_TLS_ERRORS),
    "TLS recv": (*_IN, *_TLS_ERRORS, _ONE_BYTE_IN, _NOTHING_IN, *INTERRUPTS),
    "TLS recv_into": (*_IN, *_TLS_ERRORS, _ONE_BYTE_INTO, _NOTHING_INTO, *INTERRUPTS),
    # An object, not a socket: nothing that could be shut.
    "inner TLS": (_TLS_ERRORS[0], NO_MEMORY, *INTERRUPTS),
    "poll": (
        *system(errno.ENOMEM),
        result("nothing", lambda real, *rest: []),
        result("hang-up", _ready(select.POLLIN | select.POLLHUP | select.POLLERR)),
        *INTERRUPTS,
    ),
    "selector": (*system(errno.EMFILE), *INTERRUPTS),
    "register": (*system(errno.ENOMEM, errno.ENOSPC), *INTERRUPTS),
    "unregister": INTERRUPTS,
    "select": (*system(errno.EINVAL), result("nothing", lambda real, *rest: []), *INTERRUPTS),
    "lock": (INTERRUPT,),
    "try lock": (result("taken", lambda real, *rest: False), INTERRUPT_BEHIND),
    "wait for lock": (result("timed out", lambda real, *rest: False), INTERRUPT),
    "decompress": (
        before("zlib.error", lambda: zlib.error("Error -3 while decompressing data: invalid block type")),
        NO_MEMORY,
        *INTERRUPTS,
    ),
    "read": (*system(errno.EIO), NO_MEMORY, *INTERRUPTS),
}

# The ones that a short run takes: the likeliest error of each call, its short result, an interrupt.
_LIKELY = ("ECONNRESET", "gaierror", "EMFILE", "ECONNREFUSED", "SSLError", "1 byte", "end", "interrupt", "EIO", "taken")


def likely(operation: str) -> list[Fault]:
    """The faults of a call that a short run injects."""
    return [fault for fault in FAULTS[operation] if fault.label in _LIKELY] or [FAULTS[operation][0]]


def every(calls: Sequence[str]) -> list[tuple[int, Fault]]:
    """Every call (counted from 1) with every fault that it can have."""
    return [(number, fault) for number, operation in enumerate(calls, 1) for fault in FAULTS[operation]]


# -- where the calls are -----------------------------------------------------------------------------------------

_PLACES: tuple[tuple[Any, str, str], ...] = (
    (socket, "getaddrinfo", "getaddrinfo"),
    (socket.socket, "__init__", "socket"),
    *(
        (socket.socket, name, name)
        for name in (
            *("connect", "bind", "settimeout", "setblocking", "setsockopt", "getsockopt", "getsockname", "getpeername"),
            *("send", "sendall", "sendmsg", "recv", "recv_into", "shutdown", "close"),
        )
    ),
    (ssl.SSLContext, "load_verify_locations", "load_verify_locations"),
    (ssl.SSLContext, "wrap_socket", "wrap_socket"),
    (ssl.SSLContext, "wrap_bio", "wrap_bio"),
    (ssl.SSLSocket, "do_handshake", "do_handshake"),
    *((ssl.SSLSocket, name, f"TLS {name}") for name in ("send", "sendall", "recv", "recv_into")),
    *((ssl.SSLObject, name, "inner TLS") for name in ("do_handshake", "read", "write")),
    (selectors.DefaultSelector, "__init__", "selector"),
    *((selectors.DefaultSelector, name, name) for name in ("register", "unregister", "select")),
    (os, "sendfile", "sendfile"),
    (os, "pread", "pread"),
)


class Injector:
    """Counts the fallible calls of one thread between `begin` and `end`, and has one of them fail."""

    def __init__(self) -> None:
        self._thread = 0
        self._inside = False
        self._wanted = 0
        self._fault: Fault | None = None
        self._operation: str | None = None
        self._calls: list[str] = []
        self.hit = False

    @property
    def failed(self) -> str | None:
        """Which operation has failed, None as long as none has."""
        return self._operation if self.hit else None

    def begin(self, number: int = 0, fault: Fault | None = None, operation: str | None = None) -> None:
        """Count the calls of this thread from now on; the one of this number fails, if it is of this operation."""
        self._calls = []
        self._inside = self.hit = False
        self._wanted, self._fault, self._operation = number, fault, operation
        self._thread = get_ident()

    def end(self) -> list[str]:
        """Count no longer; returns what was called."""
        self._thread = 0
        return self._calls

    def call(self, operation: str, real: Real, *args: Any, **named: Any) -> Any:
        """Do a call, unless it is the one that fails."""
        if self._inside or get_ident() != self._thread:
            return real(*args, **named)
        self._calls.append(operation)
        self._inside = True
        try:
            if len(self._calls) == self._wanted and operation == self._operation and self._fault is not None:
                self.hit = True
                return self._fault.act(real, *args, **named)
            return real(*args, **named)
        finally:
            self._inside = False

    @contextmanager
    def installed(self) -> Iterator[Injector]:
        """Replace everything that can fail, for as long as the block runs."""
        with ExitStack() as stack:
            for owner, name, operation in _PLACES:
                replacement = self._replacement(getattr(owner, name), operation)
                # Through the class's own dict: what is inherited is taken away again, not written down.
                stack.enter_context(patch.object(owner, name, replacement))
            stack.enter_context(patch.object(select, "poll", lambda make=select.poll: _Poll(self, make())))
            stack.enter_context(patch.object(zlib, "decompressobj", self._inflaters(zlib.decompressobj)))
            stack.enter_context(patch.object(pool, "allocate_lock", lambda: _Lock(self)))
            yield self

    def _replacement(self, real: Real, operation: str) -> Real:
        def replaced(*args: Any, **named: Any) -> Any:
            return self.call(operation, real, *args, **named)

        return replaced

    def _inflaters(self, make: Real) -> Real:
        return lambda *args: _Inflater(self, make(*args))


class _Poll:
    """A poll object whose `poll` can fail."""

    def __init__(self, injector: Injector, real: Any) -> None:
        self._injector = injector
        self._real = real
        self.descriptors: list[int] = []

    def register(self, descriptor: int, events: int) -> None:
        self._real.register(descriptor, events)
        self.descriptors.append(descriptor)

    def poll(self, timeout: int | None = None) -> Any:
        return self._injector.call("poll", lambda me, timeout: me._real.poll(timeout), self, timeout)


class _Inflater:
    """A decompressobj whose `decompress` can fail."""

    def __init__(self, injector: Injector, real: Any) -> None:
        self._injector = injector
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def decompress(self, *args: Any) -> Any:
        return self._injector.call("decompress", self._real.decompress, *args)


class _Lock:
    """A lock of the pool's: waiting for it can be interrupted, and trying to take it can fail."""

    def __init__(self, injector: Injector) -> None:
        self._injector = injector
        self._real = allocate_lock()
        self.release = self._real.release
        self.locked = self._real.locked

    def acquire(self, blocking: bool = True, timeout: float = -1) -> Any:
        if not blocking:
            return self._injector.call("try lock", self._real.acquire, False)
        if timeout < 0:
            # The first time it is taken it is new; then it is what a thread waits for.
            return self._injector.call("wait for lock" if self._real.locked() else "lock", self._patiently)
        return self._injector.call("wait for lock", self._real.acquire, True, timeout)

    def _patiently(self) -> bool:
        if not self._real.acquire(timeout=LOCK_PATIENCE):
            raise Deadlock
        return True

    def __enter__(self) -> Any:
        return self._injector.call("lock", self._patiently)

    def __exit__(self, *exc: Any) -> None:
        self._real.release()


class Lines:
    """Counts the lines of the package that run, and raises an Interrupt before one of them.

    That is where the handler of a signal may raise, or nearly: Python runs it between two steps of any function. What
    cannot be protected is left out: `__del__`, whose exceptions cannot be caught, and `with` and `try`, where a tracer
    sees a line between two steps that a signal does not come between.
    """

    def __init__(self, injector: Injector, wanted: int = 0) -> None:
        self._injector = injector
        self._wanted = wanted
        self._before: Any = None
        self.count = 0
        self.where = ""

    def begin(self) -> None:
        self._injector.begin()
        self._before = sys.gettrace()
        sys.settrace(self._trace)

    def end(self) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            return None
        if event not in ("call", "line") or _is_out_of_reach(frame):
            return self._trace
        self.count += 1
        if self.count == self._wanted:
            self.where = f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_name}"
            self._injector.hit = True
            raise Interrupt
        return self._trace


def _is_out_of_reach(frame: Any) -> bool:
    if linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith(("with ", "try:")):
        return True
    while frame is not None and frame.f_code.co_name != "__del__":
        frame = frame.f_back
    return frame is not None


class Source:
    """A file of the caller's whose `read` can fail."""

    def __init__(self, injector: Injector, content: bytes) -> None:
        self._injector = injector
        self._content = content
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        return self._injector.call("read", self._read, size)  # type: ignore[no-any-return]

    def _read(self, size: int) -> bytes:
        piece = self._content[self._at :] if size < 0 else self._content[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def seek(self, to: int, whence: int = 0) -> int:
        self._at = to + (0, self._at, len(self._content))[whence]
        return self._at

    def tell(self) -> int:
        return self._at
