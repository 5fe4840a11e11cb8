"""The order in which canned responses are used: the first that fits, or each in its turn.

A registry of a program's own is a subclass of `FirstMatchRegistry` with a `find` of its own.
"""

from __future__ import annotations

import copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .canned import BaseResponse
    from .matchers import SentRequest

__all__ = ["FirstMatchRegistry", "OrderedRegistry"]


class FirstMatchRegistry:
    """The first that fits is used; where others fit as well it is used once, and the last one again and again."""

    def __init__(self) -> None:
        self._responses: list[BaseResponse] = []

    @property
    def registered(self) -> list[BaseResponse]:
        """What is registered, and not used up."""
        return self._responses

    def reset(self) -> None:
        """Forget all."""
        self._responses = []

    def find(self, request: SentRequest) -> tuple[BaseResponse | None, list[str]]:
        """Return the response for a request, or None and why each that is registered does not fit."""
        fitting: list[BaseResponse] = []
        reasons: list[str] = []
        for response in self.registered:
            fits, reason = response.matches(request)
            if fits:
                fitting.append(response)
            else:
                reasons.append(reason)
        if not fitting:
            return None, reasons
        first = fitting[0]
        if len(fitting) == 1:
            return first, reasons
        self._responses = [response for response in self._responses if response is not first]
        # One that has served as the only one gives way to the next.
        return fitting[1] if first.call_count else first, reasons

    def add(self, response: BaseResponse) -> BaseResponse:
        """Register a response; one that is registered already, once more as a copy with calls of its own."""
        if any(each is response for each in self.registered):
            response = copy.copy(response)
            response._calls = type(response._calls)()
        self._responses.append(response)
        return response

    def remove(self, response: BaseResponse) -> list[BaseResponse]:
        """Take out what is registered for the same method and URL; returns it."""
        removed = [each for each in self._responses if each == response]
        self._responses = [each for each in self._responses if each != response]
        return removed

    def replace(self, response: BaseResponse) -> BaseResponse:
        """Put a response in the place of the first for the same method and URL. ValueError: there is none."""
        for place, each in enumerate(self._responses):
            if each == response:
                self._responses[place] = response
                return response
        raise ValueError(f"Response is not registered for URL {response.url}")


class OrderedRegistry(FirstMatchRegistry):
    """Each is used once, in the order in which they were registered; a request that the next does not fit is a miss."""

    def find(self, request: SentRequest) -> tuple[BaseResponse | None, list[str]]:
        """Return the next response, or None and why it does not fit."""
        if not self._responses:
            return None, []
        response = self._responses[0]
        fits, reason = response.matches(request)
        if fits:
            del self._responses[0]
            return response, []
        said = f"Next 'Response' in the order doesn't match due to the following reason: {reason}"
        later = ["It is not its turn yet"] * (len(self._responses) - 1)
        return None, [said, *later]
