"""Canned responses for tests, in the working style of the library `responses`, below the connection pool.

    from httpcore_lite import mock

    @mock.activate
    def test_users():
        mock.get("https://example.org/users", json=[{"name": "Ann"}])
        assert requests.get("https://example.org/users").json()[0]["name"] == "Ann"
        assert mock.calls[0].request.params == {}

While a mock is active nothing leaves. It stands in the place of a connector: `Retry`, redirects, cookies, decoding,
limits and timings are the real ones. docs/testing.md tells all of it. The functions here are methods of `mock.mock`, a
RequestsMock of this process.
"""

from __future__ import annotations

from .._internal_utils import lazy_names, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .. import mock_fixture as mock_fixture
    from . import matchers as matchers
    from . import registries as registries
    from .canned import FAULTS as FAULTS
    from .canned import BaseResponse as BaseResponse
    from .canned import CallbackResponse as CallbackResponse
    from .canned import PassthroughResponse as PassthroughResponse
    from .canned import Response as Response
    from .record import Call as Call
    from .record import CallList as CallList
    from .requests_mock import RequestsMock as RequestsMock

    mock: RequestsMock
    pauses: list[float]
    calls: CallList
    assert_all_requests_are_fired: bool
    activate = RequestsMock().activate
    add = RequestsMock().add
    add_callback = RequestsMock().add_callback
    add_passthru = RequestsMock().add_passthru
    assert_call_count = RequestsMock().assert_call_count
    delete = RequestsMock().delete
    get = RequestsMock().get
    head = RequestsMock().head
    options = RequestsMock().options
    patch = RequestsMock().patch
    post = RequestsMock().post
    put = RequestsMock().put
    registered = RequestsMock().registered
    remove = RequestsMock().remove
    replace = RequestsMock().replace
    reset = RequestsMock().reset
    start = RequestsMock().start
    stop = RequestsMock().stop
    upsert = RequestsMock().upsert
    json_params_matcher = matchers.json_params_matcher
    urlencoded_params_matcher = matchers.urlencoded_params_matcher

DELETE = "DELETE"
GET = "GET"
HEAD = "HEAD"
OPTIONS = "OPTIONS"
PATCH = "PATCH"
POST = "POST"
PUT = "PUT"

_METHODS = (
    "activate add add_callback add_passthru assert_call_count delete get head options patch post put registered"
    " remove replace reset start stop upsert"
).split()
_OLD_MATCHERS = ("json_params_matcher", "urlencoded_params_matcher")
_OLD_SETTINGS = ("assert_all_requests_are_fired", "passthru_prefixes", "target")

__all__ = [
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "BaseResponse",
    "Call",
    "CallList",
    "CallbackResponse",
    "PassthroughResponse",
    "RequestsMock",
    "Response",
    "activate",
    "add",
    "add_callback",
    "add_passthru",
    "assert_call_count",
    "calls",
    "delete",
    "get",
    "head",
    "matchers",
    "mock",
    "options",
    "patch",
    "pauses",
    "post",
    "put",
    "registered",
    "registries",
    "remove",
    "replace",
    "reset",
    "start",
    "stop",
    "upsert",
]


def _default(_: str) -> object:
    """Make the mock of this process."""
    made: object = load(".mock.requests_mock").RequestsMock(assert_all_requests_are_fired=False)
    # One step: of two threads that make one, both get the first.
    return globals().setdefault("mock", made)


def _of_default(name: str) -> object:
    found: object = getattr(globals().get("mock") or _default("mock"), name)
    return found


def _pauses(_: str) -> object:
    """Return the pauses of the mock that is active, else those of the mock of this process."""
    innermost = load(".urllib3_api.mocking").MOCKING.innermost
    found: object = getattr(innermost, "pauses", None) if innermost is not None else _of_default("pauses")
    return found


def _old(name: str) -> object:
    """Return what has another place by now, with a warning."""
    import warnings

    at = f"matchers.{name}" if name in _OLD_MATCHERS else f"mock.{name}"
    warnings.warn(f"{__name__}.{name} is deprecated: use {__name__}.{at}", DeprecationWarning, stacklevel=3)
    found: object = (
        getattr(load(".mock.matchers"), name)
        if name in _OLD_MATCHERS
        else None
        if name == "target"
        else _of_default(name)
    )
    return found


_FRESH: dict[str, Callable[[str], object]] = {
    "calls": _of_default,
    "pauses": _pauses,
    **dict.fromkeys((*_OLD_MATCHERS, *_OLD_SETTINGS), _old),
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "import": ".mock.matchers .mock.registries",
            ".mock.record": "Call CallList",
            ".mock.canned": "BaseResponse CallbackResponse FAULTS PassthroughResponse Response",
            ".mock.requests_mock": "RequestsMock",
        },
        made={"mock": _default, **dict.fromkeys(_METHODS, _of_default)},
        fresh=_FRESH,
    )
