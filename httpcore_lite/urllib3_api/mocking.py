"""Where mocks step in: while one is active, adapters, pools and pauses ask here, and nothing leaves.

    HTTPAdapter.send ──▶ Mocking.send ──▶ the mock finds a response, or the request passes through, or it is an error
        └── HTTPAdapter.send again: the real one, for its real way through pool, Retry and response
              └── pool.urlopen ──▶ Mocking.route_of: no TLS, no proxy; `Mocking.open` in the place of connectors
                                       └── a MemoryStream, whose other end is the mock's

What a mock is this room does not know (`mock/` does): it hands down the request and the keywords of `send`, per thread,
from the adapter to the end of the stream. The innermost mock counts. A request that is passed through goes its usual
way.
"""

from __future__ import annotations

from threading import Lock, local

from ..exceptions import ConnectionError
from ..sansio.connections.routes import Route, SocketOptions
from ..sansio.redaction import masked_target
from ..transport.connectors.in_memory import MemoryStream
from ._settings import active
from .util import pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, Protocol, TypeAlias, TypeVar

    from ..transport.connectors.in_memory import Peer
    from .connectionpool import HTTPConnectionPool
    from .installed.through import WayThroughUrllib3

    _Response = TypeVar("_Response")
    # Requests' objects, which this floor knows nothing of.
    _Theirs: TypeAlias = Any

    class Mock(Protocol):
        """What stands in for the network."""

        def begin(self, handed: Handed) -> bool:
            """Find a response for a request; false where it passes through. Raises what a miss is."""
            ...

        def peer(self, handed: Handed, timeout: float | None) -> Peer:
            """Return the other end of a new stream for one attempt; `timeout` is the limit on connecting."""
            ...

        def came(self, handed: Handed, response: _Theirs) -> _Theirs:
            """Take note of the response; returns the one for the caller."""
            ...

        def failed(self, handed: Handed, error: BaseException) -> BaseException:
            """Take note of what ended a request; returns the error for the caller."""
            ...

        def passes(self, url: str) -> bool:
            """Whether requests for this URL pass through."""
            ...

        def paused(self, seconds: float) -> bool:
            """Take note of a pause; false where it is waited for."""
            ...


class Given(Exception):
    """Carries an error that a program has given for a response past all that would make another one of it."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        super().__init__(error)


class Handed:
    """What an adapter was asked to send, handed down to where its bytes go.

    Attributes:
        mock: what was active then.
        request: the PreparedRequest itself.
        keywords: of the adapter's `send`.
        passed: whether the request passes through.
        given: the error that a program has given for the last attempt.
    """

    __slots__ = ("adapter", "call", "found", "given", "keywords", "mock", "passed", "request", "used")

    def __init__(self, mock: Mock, adapter: _Theirs, request: _Theirs, keywords: dict[str, object]) -> None:
        self.mock = mock
        self.adapter = adapter
        self.request = request
        self.keywords = keywords
        self.passed = False
        self.given: Exception | None = None
        # The mock's own: what it has found, whether that was used, and its record of the attempt.
        self.found: _Theirs = None
        self.used = False
        self.call: _Theirs = None


class _OfThread(local):
    """What is being sent in each thread."""

    handed: Handed | None = None


class Mocking:
    """The mocks that are active, the innermost last."""

    def __init__(self) -> None:
        self._mocks: list[Mock] = []
        self._thread = _OfThread()
        self._lock = Lock()

    # -- for mocks -------------------------------------------------------------------------------------------------

    def start(self, mock: Mock) -> None:
        """Have `mock` stand in for the network, in all threads."""
        with self._lock:
            self._mocks.append(mock)
            pausing.instead = self._paused
            active.mocked = self

    def stop(self, mock: Mock) -> None:
        """End what `start` began last for this mock."""
        with self._lock:
            for place in reversed(range(len(self._mocks))):
                if self._mocks[place] is mock:
                    del self._mocks[place]
                    break
            if not self._mocks:
                active.mocked = pausing.instead = None

    @property
    def innermost(self) -> Mock | None:
        """The mock that counts."""
        mocks = self._mocks[-1:]  # in one step: another thread may end it
        return mocks[0] if mocks else None

    # -- for adapters ----------------------------------------------------------------------------------------------

    def takes(self, request: object) -> bool:
        """Whether a request is to be sent by `send`: it is not under way there."""
        handed = self._thread.handed
        return handed is None or handed.request is not request

    @property
    def passes(self) -> bool:
        """Whether what this thread sends now goes its usual way."""
        handed = self._thread.handed
        return handed is None or handed.passed

    def send(
        self, send: Callable[..., _Response], adapter: _Theirs, request: _Theirs, stream: object, timeout: object,
        verify: object, cert: object, proxies: object,
    ) -> _Response:  # fmt: skip
        """Do `send` of an adapter with a mock in the place of the network. Raises what that raises, or a miss."""
        keywords = {"stream": stream, "timeout": timeout, "verify": verify, "cert": cert, "proxies": proxies}
        mock = self.innermost
        if mock is None:  # ended by another thread just now
            return send(adapter, request, **keywords)
        options = getattr(getattr(request, "_options", None), "options", None)
        if getattr(options, "deadline", None) is None:  # else it was when the call began
            pausing.catch_up()
        before = self._thread.handed
        handed = self._thread.handed = Handed(mock, adapter, request, keywords)
        try:
            handed.passed = not mock.begin(handed)
            response = send(adapter, request, **keywords)
        except BaseException as error:
            failed = mock.failed(handed, error)
            if failed is error:
                raise
        else:
            result: _Response = mock.came(handed, response)
            return result
        finally:
            self._thread.handed = before
        raise failed  # outside, so that it is as the program has made it: without another error as its context

    def check_adapter(self, adapter: object, url: str) -> None:
        """Refuse an adapter that is not ours, of which it is not known where it leads. ConnectionError."""
        refused = self.refusal(f"the adapter {_name(type(adapter))}", url)
        if refused is not None:
            raise refused

    def refusal(self, what: str, url: str) -> ConnectionError | None:
        """Return the error for a request that would be sent by what is not mocked, None where it passes through."""
        mock = self.innermost
        return None if mock is None or mock.passes(url) else _refusal(what, url)

    # -- for pools -------------------------------------------------------------------------------------------------

    def route_of(self, pool: HTTPConnectionPool, target: str) -> Route | WayThroughUrllib3:
        """Return where a request of this pool goes: into memory, or its usual way where it passes through.

        ConnectionError: it comes from a program's own pool, not from an adapter.
        """
        handed = self._thread.handed
        if handed is None:
            url = f"{pool.scheme}://{pool.host}:{pool.port}{target}" if target[:1] == "/" else target
            refused = self.refusal(f"{_name(type(pool))}, used without an adapter,", url)
            if refused is not None:
                raise refused
            return pool._route()
        if handed.passed:
            return pool._route()
        at: _Theirs = pool.proxy if pool._forwards() else pool
        port = at.port or (443 if at.scheme == "https" else 80)
        host, sockets = str(at.host).strip("[]"), SocketOptions(opener=self.open)
        return Route(at.scheme, host, port, sockets=sockets, forwarding=at is not pool)

    def refuse(self, kind: type) -> None:
        """Refuse a manager or a pool that is not ours. ConnectionError, unless the request passes through."""
        handed = self._thread.handed
        if handed is not None and not handed.passed:
            raise _refusal(_name(kind), str(handed.request.url))

    # -- in the place of connectors and pauses -----------------------------------------------------------------------

    def open(self, address: tuple[str, int], timeout: float | None, **_: object) -> _Theirs:
        """Return the stream for one attempt: the opener of every route that is mocked."""
        handed = self._thread.handed
        assert handed is not None
        return MemoryStream(handed.mock.peer(handed, timeout), address)

    def _paused(self, seconds: float) -> bool:
        handed, mock = self._thread.handed, self.innermost
        if handed is not None:
            return not handed.passed and handed.mock.paused(seconds)
        return mock is not None and mock.paused(seconds)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _refusal(what: str, url: str) -> ConnectionError:
    return ConnectionError(
        f"{what} is no part of what is mocked, so nothing was sent while a mock is active: {masked_target(url)}. "
        "add_passthru() lets requests for a URL through, to be sent as usual"
    )


#: The one of this process.
MOCKING: Final = Mocking()
