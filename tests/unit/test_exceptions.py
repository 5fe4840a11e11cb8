"""Promises of the exceptions: their tree, their request and response, pickled and as JSON errors."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any

import pytest

from httpcore_lite import exceptions as ex
from httpcore_lite.client import failures
from httpcore_lite.sansio import errors as low

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


# -- the tree ---------------------------------------------------------------------------------------------------------


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
        (ex.ChecksumError, [ex.RequestException]),
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


# -- request and response ---------------------------------------------------------------------------------------------


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


# -- JSONDecodeError --------------------------------------------------------------------------------------------------


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
