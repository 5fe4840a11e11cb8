"""`activate`: a mock is active while a function runs, of whatever kind that is."""

from __future__ import annotations

import functools
import inspect
from contextlib import aclosing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, TypeAlias

    from .registries import FirstMatchRegistry
    from .requests_mock import RequestsMock

    # A program's function, which comes out as it went in.
    _Function: TypeAlias = Any


class During:
    """What holds while a function runs: the mock is active, and for its time has these settings."""

    def __init__(
        self,
        mock: RequestsMock,
        registry: type[FirstMatchRegistry] | None,
        assert_all_requests_are_fired: bool,
        real_time: bool,
    ) -> None:
        self._mock = mock
        self._registry = registry
        self._asked = assert_all_requests_are_fired, real_time
        self._before = (False, False)

    def __enter__(self) -> None:
        mock = self._mock
        if self._registry is not None:
            mock._set_registry(self._registry)
        with mock._lock:
            self._before = mock.assert_all_requests_are_fired, mock.real_time
            mock.assert_all_requests_are_fired, mock.real_time = self._asked
            mock._during.append(self)
        mock.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._mock.__exit__(kind, error, traceback)
        finally:
            self._restore()

    def _restore(self) -> None:
        mock = self._mock
        with mock._lock:
            place = mock._during.index(self)
            del mock._during[place]
            if place < len(mock._during):  # one that began later, as a task beside this one, goes on
                mock._during[place]._before = self._before
            else:
                mock.assert_all_requests_are_fired, mock.real_time = self._before


def activated(function: _Function, during: Callable[[], During]) -> _Function:
    """Return the function, which runs while the mock is active. TypeError: it is none."""
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"activate decorates functions and methods, not {function!r:.100}: decorate each that needs it")
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_coroutine(*args: object, **kwargs: object) -> object:
            with during():
                return await function(*args, **kwargs)

        return run_coroutine
    if inspect.isasyncgenfunction(function):
        return _activated_async_generator(function, during)
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def run_generator(*args: object, **kwargs: object) -> _Function:
            with during():
                return (yield from function(*args, **kwargs))

        return run_generator

    @functools.wraps(function)
    def run(*args: object, **kwargs: object) -> object:
        with during():
            return function(*args, **kwargs)

    return run


def _activated_async_generator(function: _Function, during: Callable[[], During]) -> _Function:
    """As `activated`: what is sent or thrown into it reaches the function, as by `yield from` for other generators."""

    @functools.wraps(function)
    async def run_async_generator(*args: object, **kwargs: object) -> _Function:
        with during():
            async with aclosing(function(*args, **kwargs)) as made:
                step = made.asend(None)
                while True:
                    try:
                        each = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = made.asend((yield each))
                    except GeneratorExit:
                        raise
                    except BaseException as error:  # what asynccontextmanager throws in
                        step = made.athrow(error)

    return run_async_generator
