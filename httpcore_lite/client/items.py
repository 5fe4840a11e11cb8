"""What `Session.map` takes for an item, and what is sent for it.

    a URL, text or bytes         Session.request("GET", url)
    a mapping                    Session.request(**mapping); "url" is needed, "method" is GET
    a Request                    Session.request with what it says
    a PreparedRequest            Session.send, under the settings that Session.request would find for it

The options of the map are the defaults of each: an item's own come over them. What cannot be requested is a TypeError
that names the item's index, and the map's own arguments are judged before the first item is taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..messages.bodies import rewind_body
from ..messages.preparing import url_text
from ..messages.urls import origin_of
from .environment import getproxies
from .error_status import passed
from .options import CALL_NAMES, EXCHANGE_NAMES, REQUEST_NAMES, call_options, check_timeout, exchange_options, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any, Final, TypeAlias

    # A Session, a Request or PreparedRequest, a Response, and classes of these: rooms above this one make them.
    _Session: TypeAlias = Any
    _Request: TypeAlias = Any
    _Response: TypeAlias = Any
    _Failure: TypeAlias = Any
    Kinds: TypeAlias = tuple[Any, Any, Any]
    Keywords: TypeAlias = dict[str, Any]

# What a Request says, under the names of Session.request's arguments.
_OF_REQUEST: Final = ("method", "url", "headers", "files", "data", "json", "params", "auth", "cookies")
# What can be said of a request that is prepared already.
_OF_SENDING: Final = (
    "timeout", "allow_redirects", "proxies", "stream", "verify", "cert", "raise_for_status", *EXCHANGE_NAMES,
)  # fmt: skip
#: The arguments of Session.map itself.
OF_MAP: Final = ("workers", "ordered", "return_exceptions", "pairs", "look_ahead", "executor")
_KNOWN: Final = ("method", "url", *REQUEST_NAMES, *CALL_NAMES, *EXCHANGE_NAMES)
_TAKEN: Final = "an item is a URL, a Request, a PreparedRequest or a mapping of Session.request's arguments"


class Job:
    """What is sent for one item.

    Attributes:
        item: as the program gave it.
        arguments: those of `Session.request`; of a PreparedRequest, those that are left.
        prepared: the PreparedRequest, where it is one.
        streams: whether the body of its response is left to be read by the program.
        packed: what travels to another process, if it does.
    """

    __slots__ = ("arguments", "item", "packed", "prepared", "streams")

    def __init__(self, item: object, arguments: Keywords, prepared: _Request = None) -> None:
        self.item: object = item
        self.arguments: Keywords = arguments
        self.prepared: _Request = prepared
        self.streams: bool = False
        self.packed: bytes = b""

    @property
    def url(self) -> object:
        """Where it leads, as the program said it."""
        return self.arguments["url"] if self.prepared is None else self.prepared.url


class Items:
    """How the items of one map are read.

    Args:
        session: the Session that sends them.
        kinds: the classes Session, Request and PreparedRequest.
        options: the defaults of all items.

    Raises:
        TypeError: `Session.request` has no such argument, or an option's value makes no sense.
        ValueError: `timeout` makes no sense.
    """

    def __init__(self, session: _Session, kinds: Kinds, options: Keywords) -> None:
        self.session: _Session = session
        plain, self.request_class, self.prepared_class = kinds
        # A subclass may take arguments of its own.
        self._knows_names: bool = type(session).request is plain.request
        self.options: Keywords = self._checked(options, "Session.map()", OF_MAP)
        if "url" in options:
            raise TypeError("Session.map() takes the URLs as its items: url= makes no sense for all of them")
        stream = options.get("stream")
        self.stream: bool = bool(session.stream if stream is None else stream)

    def _checked(self, given: Keywords, owner: str, own: tuple[str, ...] = ()) -> Keywords:
        if self._knows_names:
            for name in given:
                if name not in _KNOWN:
                    raise unknown(str(name), owner, (*own, *_KNOWN))
            call_options({name: given[name] for name in (*CALL_NAMES, *EXCHANGE_NAMES) if name in given})
        check_timeout(given.get("timeout"))
        return given

    def job(self, item: object, index: int) -> Job:
        """Return what is sent for an item. TypeError, ValueError: it cannot be requested; its index is named."""
        kind = type(item)
        if kind is str or isinstance(item, (str, bytes)):
            return Job(item, {"method": "GET", **self.options, "url": item})
        if isinstance(item, self.prepared_class):
            return self._of_prepared(item, index)
        if isinstance(item, self.request_class):
            return self._of_request(item, index)
        if isinstance(item, Mapping):
            return self._of_mapping(dict(item), item, index)
        if hasattr(item, "scheme") and hasattr(item, "host"):  # a URL of another library, whose text it is
            return Job(item, {"method": "GET", **self.options, "url": str(item)})
        from .failures import kind_of

        raise TypeError(f"item {index} is {kind_of(item)}: {_TAKEN}")

    def _of_mapping(self, arguments: Keywords, item: object, index: int) -> Job:
        if arguments.get("url") is None:
            raise TypeError(f"item {index} has no 'url': {_TAKEN}, of which url is needed")
        owner = f"item {index}: Session.request()"
        try:
            self._checked(arguments, owner)
        except ValueError as error:
            raise ValueError(f"item {index}: {error}") from error
        return Job(item, {"method": "GET", **self.options, **arguments})

    def _of_request(self, request: _Request, index: int) -> Job:
        if request.url is None:
            raise TypeError(f"item {index} is a Request without a URL")
        arguments = {name: value for name in _OF_REQUEST if _is_said(value := getattr(request, name))}
        if any(request.hooks.values()):
            arguments["hooks"] = request.hooks
        return Job(request, {"method": "GET", **self.options, **arguments})

    def _of_prepared(self, prepared: _Request, index: int) -> Job:
        for name, value in self.options.items():
            if value is not None and name not in _OF_SENDING:
                raise TypeError(f"item {index} is a PreparedRequest, for which {name}= comes too late")
        # A copy, since one object may stand in several places, and what a call shares rides on it.
        copied = prepared.copy()
        copied._options = None
        return Job(prepared, self.options, copied)

    def streams(self, job: Job) -> bool:
        """Whether the body of its response is left to be read by the program."""
        own = job.arguments.get("stream")
        return self.stream if own is None else bool(own)

    def origin(self, job: Job) -> Hashable:
        """Return the origin whose connections its response may hold; None where it is chosen later.

        By a redirect, a proxy, or what the URL is appended to.
        """
        arguments, session = job.arguments, self.session
        if arguments.get("allow_redirects") is not False or session.proxies or arguments.get("proxies"):
            return None
        if session.trust_env and getproxies():
            return None
        try:
            found = origin_of(url_text(job.url))
        except ValueError:
            return None  # which sending it will tell
        return found if found[0] else None

    def sent(self, job: Job) -> _Response:
        """Send what is to be sent for an item, and return the response; raises what that raises."""
        if job.prepared is None:
            return self.session.request(**job.arguments)
        response = self.session.send(job.prepared, **self.settings(job.prepared, job.arguments))
        return passed(response) if job.arguments.get("raise_for_status") else response

    def settings(self, prepared: _Request, given: Keywords) -> Keywords:
        """Return the keywords of `Session.send` for a prepared request, as `Session.request` would find them."""
        if hasattr(prepared.body, "seek") and isinstance(prepared._body_position, int):
            rewind_body(prepared)  # it may have been sent before, and failed
        proxies = given.get("proxies")
        found = self.session.merge_environment_settings(
            prepared.url,
            proxies if proxies is False else proxies or {},
            given.get("stream"),
            given.get("verify"),
            given.get("cert"),
        )
        exchange = {name: given[name] for name in EXCHANGE_NAMES if name in given}
        if exchange:
            prepared._options = exchange_options(exchange, "Session.map()")
        redirects = given.get("allow_redirects", True)
        return {"timeout": given.get("timeout"), "allow_redirects": redirects, **found}

    def name_request(self, error: _Failure, job: Job) -> None:
        """Have an error carry the request that failed, so that it can be sent again: `error.request`."""
        if getattr(error, "request", None) is None:
            said = {name: job.arguments[name] for name in (*_OF_REQUEST, "hooks") if name in job.arguments}
            error.request = job.prepared or self.request_class(**said)


def _is_said(value: object) -> bool:
    """Whether a Request says something here: what it does not say is empty."""
    return value is not None and not (isinstance(value, (list, tuple, dict)) and not value)
