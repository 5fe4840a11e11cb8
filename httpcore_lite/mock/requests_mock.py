"""RequestsMock: what is registered, what was asked, and what that means while it is active.

    start ──▶ Mocking (urllib3_api) asks: begin ── find ──▶ a response │ passes through │ a miss, a ConnectionError
                                          peer  ── an attempt: its response, or its fault, given to a `Peer`
                                          came, failed ── what the caller gets, for `calls`
    stop  ──▶ AssertionError where something registered was never asked for

The lock is held while a response is looked for; callbacks and bodies are the program's, and run without it.
"""

from __future__ import annotations

import functools
import sys
from contextlib import suppress
from re import Pattern
from threading import RLock

from .. import exceptions
from ..client import mock_rules
from ..urllib3_api.mocking import MOCKING, Given
from . import attempts
from .canned import (
    NO_TLS,
    BaseResponse,
    CallbackResponse,
    PassthroughResponse,
    Reply,
    Response,
    content_of,
    error_of,
    fields_of,
)
from .peer import Peer
from .record import Call, CallList
from .registries import FirstMatchRegistry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType, TracebackType
    from typing import Any, TypeAlias, TypeVar, overload

    from typing_extensions import Self, Unpack

    from .. import models
    from ..urllib3_api.mocking import Handed
    from . import matchers as _matchers
    from .activation import During
    from .canned import BodyType, CallbackType, HeadersType, MatchKwargs, ResponseKwargs

    # What a program gives, and requests' objects: what is asked of them is said where they are made.
    _Given: TypeAlias = Any
    _Function = TypeVar("_Function", bound=Callable[..., object])
    ResponseCallback = Callable[[models.Response], models.Response]


class RequestsMock:
    """Stands in for the network while it is active: in a `with` block, between `start` and `stop`, by `activate`.

    Args:
        assert_all_requests_are_fired: whether the end is an AssertionError where something was never asked for.
        response_callback: called with each response; returns the one for the caller.
        passthru_prefixes: URLs whose requests are sent as usual, as beginnings or compiled patterns.
        registry: the class that says which response is used.
        real_time: whether pauses are waited for.
    """

    DELETE = "DELETE"
    GET = "GET"
    HEAD = "HEAD"
    OPTIONS = "OPTIONS"
    PATCH = "PATCH"
    POST = "POST"
    PUT = "PUT"

    Response = Response
    CallbackResponse = CallbackResponse
    PassthroughResponse = PassthroughResponse

    def __init__(
        self,
        assert_all_requests_are_fired: bool = True,
        response_callback: ResponseCallback | None = None,
        passthru_prefixes: Iterable[str | Pattern[str]] | Pattern[str] = (),
        *,
        registry: type[FirstMatchRegistry] = FirstMatchRegistry,
        real_time: bool = False,
    ) -> None:
        self.assert_all_requests_are_fired: bool = assert_all_requests_are_fired
        self.response_callback: ResponseCallback | None = response_callback
        self.passthru_prefixes: tuple[str | Pattern[str], ...] = ()
        for prefix in (passthru_prefixes,) if isinstance(passthru_prefixes, (str, Pattern)) else passthru_prefixes:
            self.add_passthru(prefix)
        self.real_time: bool = real_time
        self._lock = RLock()
        self._is_active = False
        # Whether that was by `start`, and how many blocks are in it, one inside of another.
        self._was_started = False
        self._blocks = 0
        # The functions that `activate` runs now.
        self._during: list[During] = []
        self._calls = CallList()
        self._pauses: list[float] = []
        self._set_registry(registry)

    @property
    def matchers(self) -> ModuleType:
        """The module of matchers."""
        from . import matchers

        return matchers

    # -- what is registered ----------------------------------------------------------------------------------------

    def get_registry(self) -> FirstMatchRegistry:
        """Return what says which response is used."""
        return self._registry

    def _set_registry(self, registry: type[FirstMatchRegistry]) -> None:
        if not (isinstance(registry, type) and hasattr(registry, "find")):
            raise TypeError(f"registry= takes a class as registries.OrderedRegistry, not {registry!r:.100}")
        if getattr(self, "_registry", None) is not None and self.registered():
            raise AttributeError("Cannot replace Registry, current registry has responses.")
        self._registry: FirstMatchRegistry = registry()

    def registered(self) -> list[BaseResponse]:
        """Return what is registered, and not used up."""
        return list(self._registry.registered)

    def add(
        self,
        method: str | BaseResponse | None = None,
        url: str | Pattern[str] | None = None,
        body: BodyType = "",
        adding_headers: HeadersType = None,
        **kwargs: Unpack[ResponseKwargs],
    ) -> BaseResponse:
        """Register a response, or what `Response` is made of; returns it.

        Args:
            method: of the requests that are meant, or a response.
            url: theirs.
            body: of the response.
            adding_headers: the older name of `headers`.
            kwargs: as of `Response`.

        Raises:
            TypeError, ValueError: as of `Response`.
            RuntimeError: both `content_type` and the headers say the content's type.
        """
        made = self._made(method, url, body, adding_headers, {**kwargs})
        with self._lock:
            return self._registry.add(made)

    def _made(
        self, method: object, url: object, body: BodyType, adding_headers: HeadersType, kwargs: dict[str, _Given]
    ) -> BaseResponse:
        if isinstance(method, BaseResponse):
            if url is not None or kwargs or not isinstance(body, str) or body or adding_headers is not None:
                raise TypeError("a response is registered as it is: give it alone, or what it is made of")
            return method
        if adding_headers is not None:
            kwargs.setdefault("headers", adding_headers)
        if url is None:
            raise TypeError(
                f"a canned response is for a method and a URL: add('GET', 'https://...'), not {method!r:.100}"
            )
        _whole(url)
        if error_of(body) is None:
            content_of(body)
        wanted: _Given = (method, url, body)
        made = Response(*wanted, **kwargs)
        if "content_type" in kwargs and any(
            name.lower() == "content-type" for name, _ in fields_of(made.headers, None)
        ):
            raise RuntimeError("You cannot define both `content_type` and `headers[Content-Type]`.")
        return made

    def delete(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to DELETE; the arguments are those of `add`."""
        return self.add("DELETE", url, body, **kwargs)

    def get(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to GET; the arguments are those of `add`."""
        return self.add("GET", url, body, **kwargs)

    def head(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to HEAD; the arguments are those of `add`."""
        return self.add("HEAD", url, body, **kwargs)

    def options(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to OPTIONS; the arguments are those of `add`."""
        return self.add("OPTIONS", url, body, **kwargs)

    def patch(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to PATCH; the arguments are those of `add`."""
        return self.add("PATCH", url, body, **kwargs)

    def post(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to POST; the arguments are those of `add`."""
        return self.add("POST", url, body, **kwargs)

    def put(self, url: str | Pattern[str], body: BodyType = "", **kwargs: Unpack[ResponseKwargs]) -> BaseResponse:
        """Register a response to PUT; the arguments are those of `add`."""
        return self.add("PUT", url, body, **kwargs)

    def add_callback(
        self,
        method: str,
        url: str | Pattern[str],
        callback: CallbackType,
        match_querystring: bool | None = None,
        content_type: str | None = "text/plain",
        match: Iterable[_matchers.Matcher] = (),
    ) -> BaseResponse:
        """Register a function that says what is responded; the arguments are those of `CallbackResponse`."""
        more: MatchKwargs = {"match": match}
        if match_querystring is not None:
            more["match_querystring"] = match_querystring
        _whole(url)
        made = CallbackResponse(method, url, callback, content_type=content_type, **more)
        with self._lock:
            return self._registry.add(made)

    def remove(self, method: str | BaseResponse, url: str | Pattern[str] | None = None) -> list[BaseResponse]:
        """Take out all that is registered for a method and a URL, or for those of a response; returns it."""
        with self._lock:
            return self._registry.remove(self._for(method, url))

    @staticmethod
    def _for(method: str | BaseResponse, url: str | Pattern[str] | None) -> BaseResponse:
        if isinstance(method, BaseResponse):
            return method
        if url is None:
            raise TypeError("what is registered is for a method and a URL: both are needed to find it")
        return BaseResponse(method, url)

    def replace(
        self,
        method: str | BaseResponse | None = None,
        url: str | Pattern[str] | None = None,
        body: BodyType = "",
        adding_headers: HeadersType = None,
        **kwargs: Unpack[ResponseKwargs],
    ) -> BaseResponse:
        """Put a response in the place of the first for the same method and URL; the arguments are those of `add`.

        Raises:
            ValueError: there is none.
        """
        made = self._made(method, url, body, adding_headers, {**kwargs})
        with self._lock:
            return self._registry.replace(made)

    def upsert(
        self,
        method: str | BaseResponse | None = None,
        url: str | Pattern[str] | None = None,
        body: BodyType = "",
        adding_headers: HeadersType = None,
        **kwargs: Unpack[ResponseKwargs],
    ) -> BaseResponse:
        """Do `replace` where there is something to replace, else `add`."""
        made = self._made(method, url, body, adding_headers, {**kwargs})
        with self._lock:
            if made in self._registry.registered:
                return self._registry.replace(made)
            return self._registry.add(made)

    def add_passthru(self, prefix: str | Pattern[str]) -> None:
        """Have requests whose URL begins so, or is matched so, sent as usual where nothing registered is meant.

        A host without a path, as "http://localhost", is that host at any port.
        """
        if isinstance(prefix, str):
            normal = mock_rules.normal_url(prefix)
            prefix = normal.removesuffix("" if prefix.endswith("/") or prefix.count("/") > 2 else "/")
        elif not isinstance(prefix, Pattern):
            raise TypeError(f"add_passthru takes the beginning of a URL or a compiled pattern, not {prefix!r:.50}")
        self.passthru_prefixes += (prefix,)

    def reset(self) -> None:
        """Forget what is registered and was asked, pauses, and what passes through; the registry is the usual one."""
        with self._lock:
            self._registry = FirstMatchRegistry()
            self._calls.reset()
            self._pauses = []
            self.passthru_prefixes = ()

    # -- what was asked ---------------------------------------------------------------------------------------------

    @property
    def calls(self) -> CallList:
        """The attempts so far, those that `Retry` repeated included."""
        return self._calls

    @property
    def pauses(self) -> list[float]:
        """The pauses so far, in seconds: of `Retry`, of rate limits, between attempts to connect again."""
        return list(self._pauses)

    def assert_call_count(self, url: str, count: int) -> bool:
        """Return True where a URL, its query included, was asked for so often. AssertionError: it was not."""
        if not isinstance(url, str):
            raise TypeError(f"assert_call_count takes a URL as text, not {url!r:.100}")
        wanted = mock_rules.normal_url(url)
        found = len([call for call in self._calls if call.request.url == wanted])
        if found != count:
            raise AssertionError(f"Expected URL '{url}' to be called {count} times. Called {found} times.")
        return True

    # -- while it is active ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Stand in for the network, in all threads, until `stop`. Nothing more where it does already."""
        with self._lock:
            if not self._is_active:
                self._is_active = True
                self._was_started = not self._blocks  # else the block ends it
                MOCKING.start(self)

    def stop(self, allow_assert: bool = True) -> None:
        """Stand in for the network no more. AssertionError: something was never asked for, and `allow_assert`."""
        with self._lock:
            if self._is_active:
                self._is_active = self._was_started = False
                MOCKING.stop(self)
        self._check_fired(allow_assert)

    def _check_fired(self, allow_assert: bool) -> None:
        if allow_assert and (unfired := self._unfired()):
            raise AssertionError(unfired)

    def _unfired(self) -> str:
        if not self.assert_all_requests_are_fired:
            return ""
        left = [(each.method, each.url) for each in self.registered() if not each.call_count]
        return f"Not all requests have been executed {left!r}" if left else ""

    def note_unfired(self, error: BaseException) -> None:
        """Say in a note of an error what was never asked for (before Python 3.11: by its context)."""
        unfired = self._unfired()
        self.assert_all_requests_are_fired = False
        if not unfired:
            return
        with suppress(AttributeError):  # one whose attributes cannot be set
            if sys.version_info >= (3, 11):
                error.add_note(unfired)
                return
            while error.__context__ is not None:
                error = error.__context__
            error.__context__ = AssertionError(unfired)

    def __enter__(self) -> Self:
        with self._lock:
            self._blocks += 1
            if not self._is_active:
                self._is_active = True
                MOCKING.start(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        strict = self.assert_all_requests_are_fired
        try:
            if error is not None:
                self.note_unfired(error)
            with self._lock:
                self._blocks -= 1
                if self._is_active and not self._was_started and not self._blocks:
                    self._is_active = False
                    MOCKING.stop(self)
            self._check_fired(error is None)
        finally:
            self.assert_all_requests_are_fired = strict
            self.reset()

    if TYPE_CHECKING:

        @overload
        def activate(self, func: _Function) -> _Function: ...
        @overload
        def activate(
            self,
            *,
            registry: type[FirstMatchRegistry] | None = None,
            assert_all_requests_are_fired: bool = False,
            real_time: bool = False,
        ) -> Callable[[_Function], _Function]: ...

    def activate(
        self,
        func: _Function | None = None,
        *,
        registry: type[FirstMatchRegistry] | None = None,
        assert_all_requests_are_fired: bool = False,
        real_time: bool = False,
    ) -> _Given:
        """Have this mock active while a function or a coroutine function runs: a decorator, with arguments or without.

        Args:
            func: the function.
            registry: the class that says which response is used.
            assert_all_requests_are_fired: whether the end is an AssertionError where something was never asked for.
            real_time: whether pauses are waited for.

        Raises:
            TypeError: what is decorated is no function.
        """
        from .activation import During, activated

        during = functools.partial(During, self, registry, bool(assert_all_requests_are_fired), real_time)
        if func is None:
            return lambda function: activated(function, during)
        return activated(func, during)

    # -- for Mocking ---------------------------------------------------------------------------------------------------

    def begin(self, handed: Handed) -> bool:
        """Find a response for a request; false where it passes through. ConnectionError: there is none."""
        request = handed.request
        request.params = mock_rules.params_of(str(request.url))
        request.req_kwargs = handed.keywords
        found, call = self._find(request)
        if found is None:
            if self.passes(str(request.url)):
                return False
            self._calls.add_call(call)
            raise call.response
        self._take(handed, found, call)
        return not found.passthrough

    def passes(self, url: str) -> bool:
        """Whether requests for this URL pass through."""
        return any(
            mock_rules.begins(each, url) if isinstance(each, str) else each.match(url)
            for each in self.passthru_prefixes
        )

    def paused(self, seconds: float) -> bool:
        """Take note of a pause; false where it is waited for."""
        self._pauses.append(seconds)
        return not self.real_time

    def _find(self, request: _Given) -> tuple[BaseResponse | None, Call]:
        """Return the response for a request, and the call that it serves; None and one that has failed for a miss."""
        with attempts.at_hand(request), self._lock:
            found, reasons = self._registry.find(request)
            call = Call(request, None if found is not None else self._missed(request, reasons))
            if found is not None:
                found._calls.add_call(call)  # at once: registries ask how often a response was used
            return found, call

    def _missed(self, request: _Given, reasons: list[str]) -> exceptions.ConnectionError:
        candidates = []
        registered = self.registered()
        came = str(request.url)
        for place, each in enumerate(registered):
            verdicts = list(each.verdicts(request))
            reason = next((said for fits, said in verdicts if not fits), "")
            if len(reasons) == len(registered):
                reason = reasons[place]  # a registry may have reasons of its own
            candidates.append(mock_rules.Candidate(each.method, each.url, reason, [fits for fits, _ in verdicts], came))
        said = mock_rules.miss(str(request.method), came, candidates, self.passthru_prefixes)
        return exceptions.ConnectionError(said, request=request)

    def _take(self, handed: Handed, found: BaseResponse, call: Call) -> None:
        """Have the next attempt be served by what was found."""
        handed.found, handed.call, handed.used = found, call, False
        self._calls.add_call(call)

    def peer(self, handed: Handed, timeout: float | None) -> Peer:
        """Return the other end of a stream for the next attempt; raises what a fault in connecting is."""
        if handed.used:
            found, call = self._find(handed.request)
            if found is None or found.passthrough:
                self._calls.add_call(call)
                raise Given(call.response or _too_late())
            self._take(handed, found, call)
        handed.used, handed.given = True, None
        found, call = handed.found, handed.call
        if isinstance(found, Response):
            if found.fault == "tls" and str(handed.request.url).startswith("http:"):
                raise ValueError(NO_TLS)
            failed = attempts.fault_of(found.fault, timeout, connecting=True)
            if failed is not None:
                call._response = failed
                raise failed
            error = found.get_response(handed.request).error
            if error is not None:
                attempts.forget_raised(error)
                raise self._given(handed, error)
        return Peer(lambda body, limit: self._reply(handed, found, call, body, limit))

    def _reply(self, handed: Handed, found: BaseResponse, call: Call, body: bytes, limit: float | None) -> Reply:
        """Return what is said to a request whose bytes have come; raises what a fault is, after `limit` seconds."""
        request = handed.request
        respond = attempts.settled(request, body)
        try:
            reply = found.get_response(request)
        except Exception as error:
            reply = Reply(error=error)
        if reply.error is not None:
            raise self._given(handed, reply.error)
        respond(reply.status)
        failed = attempts.fault_of(reply.fault, limit, connecting=False)
        if failed is not None:
            call._response = failed
            raise failed
        if reply.raw is None:
            call._made = functools.partial(attempts.intermediate, handed.adapter, request, reply)
        return reply

    def _given(self, handed: Handed, error: Exception) -> Exception:
        """Take note of an error that the program gives for a response; returns what is raised for it."""
        handed.given = handed.call._response = error
        if isinstance(error, exceptions.RequestException) and error.request is None:
            error.request = handed.request
        return attempts.on_its_way(error)

    def came(self, handed: Handed, response: models.Response) -> models.Response:
        """Take note of the response; returns the one for the caller."""
        if handed.call is None:
            return response
        if not response.reason and not handed.passed:
            vars(response)["reason"] = None  # of a status that has none, as the library `responses` has it
        handed.call._response = response
        return response if self.response_callback is None else self.response_callback(response)

    def failed(self, handed: Handed, error: BaseException) -> BaseException:
        """Take note of what ended a request; returns the error for the caller: as it is, where the program gave it."""
        given = error.error if isinstance(error, Given) else error
        if handed.given is not None and attempts.comes_from(error, handed.given):
            given = handed.given
        if handed.call is not None and isinstance(given, Exception):
            handed.call._response = given
        return given


def _whole(url: object) -> None:
    """Refuse a URL without its scheme, which no request has. ValueError."""
    if isinstance(url, str) and "://" not in url:
        raise ValueError(f"a canned response is for a whole URL, as https://example.org/, not {url!r:.100}")


def _too_late() -> exceptions.ConnectionError:
    return exceptions.ConnectionError("what Retry sends again after a canned response cannot pass through")
