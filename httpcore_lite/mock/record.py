"""What was asked of a mock: each attempt, with its request and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias, overload

    from .matchers import SentRequest

    # A Response, or the error in its place: programs know which it is.
    _Outcome: TypeAlias = Any

__all__ = ["Call", "CallList"]


class Call:
    """One attempt: `request`, and `response`, which may be an error; a pair of them as well.

    The response that a caller got is that very one. Of an attempt that was repeated by `Retry` it is made when it is
    asked for; it is None as long as the attempt is under way.
    """

    __slots__ = ("_made", "_response", "request")

    def __init__(self, request: SentRequest, response: object = None) -> None:
        self.request: SentRequest = request
        self._response = response
        # What makes the response of an attempt that was no result.
        self._made: Callable[[], object] | None = None

    @property
    def response(self) -> _Outcome:
        """The Response, or the error."""
        if self._response is None and self._made is not None:
            self._response = self._made()
        return self._response

    def __iter__(self) -> Iterator[_Outcome]:
        return iter((self.request, self.response))

    def __getitem__(self, place: int) -> _Outcome:
        return (self.request, self.response)[place]

    def __len__(self) -> int:
        return 2

    def __repr__(self) -> str:
        return f"Call(request={self.request!r}, response={self.response!r})"


class CallList(Sequence[Call]):
    """Calls in their order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, place: int) -> Call: ...
        @overload
        def __getitem__(self, place: slice) -> list[Call]: ...

    def __getitem__(self, place: int | slice) -> Call | list[Call]:
        return self._calls[place]

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return f"CallList({self._calls!r})"

    def reset(self) -> None:
        """Forget all."""
        self._calls = []

    def add_call(self, call: Call) -> None:
        """Append a call."""
        self._calls.append(call)
