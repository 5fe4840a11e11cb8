"""Promises of the exceptions and of the tables that translate into them."""

from __future__ import annotations

import json
import pickle
import ssl
import subprocess
import sys
from typing import Any

import pytest

from httpcore_lite import exceptions as ex
from httpcore_lite.client import failures
from httpcore_lite.sansio import errors as low
from httpcore_lite.urllib3_api import exceptions as urllib3_errors

REQUEST_CLASSES = [
    getattr(ex, name)
    for name in ex.__all__
    if isinstance(getattr(ex, name), type) and issubclass(getattr(ex, name), ex.RequestException)
]


class Carrier:
    """Stands for a request or a response; may travel."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Carrier) and other.__dict__ == self.__dict__


# -- the tree --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "bases"),
    [
        (ex.RequestException, [OSError]),
        (ex.HTTPError, [ex.RequestException]),
        (ex.ConnectionError, [ex.RequestException]),
        (ex.ProxyError, [ex.ConnectionError]),
        (ex.SSLError, [ex.ConnectionError]),
        (ex.Timeout, [ex.RequestException]),
        (ex.ConnectTimeout, [ex.ConnectionError, ex.Timeout]),
        (ex.ReadTimeout, [ex.Timeout]),
        (ex.WriteTimeout, [ex.ConnectionError, ex.Timeout]),
        (ex.PoolTimeout, [ex.ConnectionError, ex.Timeout]),
        (ex.MissingSchema, [ex.RequestException, ValueError]),
        (ex.InvalidSchema, [ex.RequestException, ValueError]),
        (ex.InvalidURL, [ex.RequestException, ValueError]),
        (ex.InvalidHeader, [ex.RequestException, ValueError]),
        (ex.InvalidProxyURL, [ex.InvalidURL]),
        (ex.ContentDecodingError, [ex.RequestException, low.TransportError]),
        (ex.ResponseTooLarge, [ex.ContentDecodingError]),
        (ex.StreamConsumedError, [ex.RequestException, TypeError]),
        (ex.InvalidJSONError, [ex.RequestException]),
        (ex.JSONDecodeError, [ex.InvalidJSONError, json.JSONDecodeError, ValueError]),
        (ex.FileModeWarning, [ex.RequestsWarning, DeprecationWarning]),
        (ex.RequestsDependencyWarning, [ex.RequestsWarning, Warning]),
    ],
)
def test_which_class_catches_which(cls: type, bases: list[type]) -> None:
    for base in bases:
        assert issubclass(cls, base)


def test_a_read_timeout_is_no_connection_error() -> None:
    assert not issubclass(ex.ReadTimeout, ex.ConnectionError)


# -- request and response ----------------------------------------------------------------------------------------


def test_the_request_is_taken_from_the_response_when_not_given() -> None:
    response = Carrier(request="theirs")
    assert ex.HTTPError(response=response).request == "theirs"
    assert ex.HTTPError(response=response, request="mine").request == "mine"
    assert ex.HTTPError(response=Carrier()).request is None
    assert ex.HTTPError().response is None
    assert ex.HTTPError(request="mine").request == "mine"


def test_a_falsy_response_still_has_a_request() -> None:
    class Failed(Carrier):
        def __bool__(self) -> bool:
            return False

    assert ex.HTTPError(response=Failed(request="r")).request == "r"


def test_arguments_are_those_of_an_os_error() -> None:
    assert str(ex.ConnectionError("words")) == "words"
    error = ex.ConnectionError(111, "refused")
    assert (error.errno, error.strerror) == (111, "refused")
    with pytest.raises(TypeError):
        ex.ConnectionError(nonsense=1)


@pytest.mark.parametrize("cls", REQUEST_CLASSES)
def test_every_exception_can_be_pickled(cls: type[ex.RequestException]) -> None:
    args = ("words", "document", 0) if issubclass(cls, json.JSONDecodeError) else ("words",)
    error = cls(*args, request=Carrier(a=1), response=Carrier(b=2))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert again.args == error.args
    assert str(again) == str(error)
    if cls is not ex.JSONDecodeError:
        assert again.request == Carrier(a=1)
        assert again.response == Carrier(b=2)


def test_an_exception_around_a_transport_error_can_be_pickled() -> None:
    reason = low.NewConnectionError(object(), "refused")
    error = failures.translate(low.MaxRetryError(threading_lock(), "/path", reason), None)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ex.ConnectionError
    assert type(again.args[0].reason) is low.NewConnectionError


def threading_lock() -> Any:
    import threading

    return threading.Lock()


# -- JSONDecodeError ---------------------------------------------------------------------------------------------


def test_a_json_error_keeps_what_json_said() -> None:
    error = ex.JSONDecodeError("Extra data", "{}{}", 2, request="r")
    assert (error.msg, error.doc, error.pos, error.lineno, error.colno) == ("Extra data", "{}{}", 2, 1, 3)
    assert str(error) == "Extra data: line 1 column 3 (char 2)"
    assert error.errno is None
    assert error.request == "r"
    again = pickle.loads(pickle.dumps(error))
    assert repr(again) == repr(error)
    assert (again.msg, again.doc, again.pos) == (error.msg, error.doc, error.pos)


def test_a_json_error_is_one_class_with_a_name_that_pickle_finds() -> None:
    assert ex.JSONDecodeError is ex.JSONDecodeError
    assert ex.JSONDecodeError.__module__ == ex.__name__
    assert ex.JSONDecodeError.__qualname__ == "JSONDecodeError"
    assert "JSONDecodeError" in dir(ex)
    with pytest.raises(AttributeError, match="NoSuchError"):
        ex.NoSuchError  # noqa: B018


def test_importing_the_exceptions_does_not_import_json() -> None:
    code = (
        "import sys; import httpcore_lite.exceptions as e; assert 'json' not in sys.modules;"
        "assert 'typing' not in sys.modules; e.JSONDecodeError; assert 'json' in sys.modules"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": PACKAGE_ROOT})


PACKAGE_ROOT = str(__import__("pathlib").Path(ex.__file__).parent.parent)


# -- translation -------------------------------------------------------------------------------------------------


def max_retry(reason: BaseException | None) -> low.MaxRetryError:
    return low.MaxRetryError(None, "/", reason)


BEFORE_RESPONSE = [
    (low.ProtocolError("x"), ex.ConnectionError),
    (low.HeadError("x"), ex.ConnectionError),
    (low.IncompleteRead(1, 2), ex.ConnectionError),
    (low.RemoteDisconnected("x"), ex.ConnectionError),
    (ConnectionResetError("x"), ex.ConnectionError),
    (TimeoutError("x"), ex.ConnectionError),
    (ssl.SSLError("x"), ex.ConnectionError),
    (urllib3_errors.ClosedPoolError(None, "x"), ex.ConnectionError),
    (low.EmptyPoolError(None, "x"), ex.PoolTimeout),
    (low.ProxyError("x", None), ex.ProxyError),
    (low.SSLError("x"), ex.SSLError),
    (low.ReadTimeoutError(None, "/", "x"), ex.ReadTimeout),
    (low.WriteTimeoutError(None, "/", "x"), ex.WriteTimeout),
    (low.ConnectTimeoutError("x"), ex.ConnectTimeout),
    (low.NewConnectionError(None, "x"), ex.ConnectionError),
    (low.NameResolutionError("h", None, OSError()), ex.ConnectionError),
    (low.InvalidHeader("x"), ex.InvalidHeader),
    (low.LocationValueError("x"), ex.InvalidURL),
    (low.LocationParseError("x"), ex.InvalidURL),
    (low.URLSchemeUnknown("gopher"), ex.InvalidURL),
    (low.ProxySchemeUnknown("gopher"), ex.InvalidProxyURL),
    (urllib3_errors.ProxySchemeUnsupported("x"), ex.InvalidProxyURL),
    (low.DecodeError("x"), ex.ContentDecodingError),
    (low.ResponseTooLarge("x"), ex.ResponseTooLarge),
    (low.UnrewindableBodyError("x"), ex.UnrewindableBodyError),
    (low.ResponseError("x"), ex.RetryError),
    (low.TimeoutError("x"), ex.Timeout),
    (low.TransportError("x"), ex.ConnectionError),
    (max_retry(low.ConnectTimeoutError("x")), ex.ConnectTimeout),
    (max_retry(low.NewConnectionError(None, "x")), ex.ConnectionError),
    (max_retry(low.NameResolutionError("h", None, OSError())), ex.ConnectionError),
    (max_retry(low.ResponseError("x")), ex.RetryError),
    (max_retry(low.ProxyError("x", None)), ex.ProxyError),
    (max_retry(low.SSLError("x")), ex.SSLError),
    (max_retry(ssl.SSLError("x")), ex.ConnectionError),
    (max_retry(low.ReadTimeoutError(None, "/", "x")), ex.ConnectionError),
    (max_retry(low.WriteTimeoutError(None, "/", "x")), ex.WriteTimeout),
    (max_retry(low.ProtocolError("x")), ex.ConnectionError),
    (max_retry(None), ex.ConnectionError),
]

IN_THE_BODY = [
    (low.ProtocolError("x"), ex.ChunkedEncodingError),
    (low.IncompleteRead(1, 2), ex.ChunkedEncodingError),
    (low.InvalidChunkLength(None, b"z"), ex.ChunkedEncodingError),
    (low.DecodeError("x"), ex.ContentDecodingError),
    (low.ResponseTooLarge("x"), ex.ResponseTooLarge),
    (low.ReadTimeoutError(None, "/", "x"), ex.ConnectionError),
    (low.SSLError("x"), ex.SSLError),
    (low.TransportError("x"), ex.ConnectionError),
]


@pytest.mark.parametrize(("error", "cls"), BEFORE_RESPONSE, ids=lambda value: repr(value)[:60])
def test_an_error_before_the_response_becomes_what_requests_raises(error: Exception, cls: type) -> None:
    request = Carrier()
    translated = failures.translate(error, request)
    assert type(translated) is cls
    assert translated.request is request
    assert translated.args == (error,)
    assert str(translated) == str(error)


@pytest.mark.parametrize(("error", "cls"), IN_THE_BODY, ids=lambda value: repr(value)[:60])
def test_an_error_in_the_body_becomes_what_requests_raises(error: Exception, cls: type) -> None:
    request = Carrier()
    translated = failures.translate_body(error, request)
    assert type(translated) is cls
    assert translated.request is request
    assert translated.args == (error,)


def test_every_transport_error_is_a_requests_exception_after_translation() -> None:
    for value in vars(low).values():
        if isinstance(value, type) and issubclass(value, low.TransportError):
            error = value.__new__(value)
            assert failures.is_transport_error(error)
            assert isinstance(failures.translate(error, None), ex.RequestException)
            assert isinstance(failures.translate_body(error, None), ex.RequestException)


def test_errors_of_a_copy_of_urllib3_are_known_by_name() -> None:
    root = type("HTTPError", (Exception,), {"__module__": "vendored.urllib3.exceptions"})
    reading = type("ReadTimeoutError", (root,), {"__module__": "vendored.urllib3.exceptions"})
    assert failures.is_transport_error(reading("x"))
    assert type(failures.translate(reading("x"), None)) is ex.ReadTimeout


def test_errors_of_a_program_are_nobodys_business() -> None:
    for error in (
        ValueError(),
        KeyError(),
        OSError(),
        ex.HTTPError(),
        ex.ContentDecodingError(),
        type("HTTPError", (Exception,), {})(),
    ):
        assert not failures.is_transport_error(error)
