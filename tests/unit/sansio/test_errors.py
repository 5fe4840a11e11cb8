"""The tree of transport errors: its shape, and what survives a trip to another process."""

from __future__ import annotations

import pickle

import pytest

from httpcore_lite.sansio import errors
from httpcore_lite.urllib3_api import exceptions as urllib3_errors

SAMPLES = [
    errors.PoolError(None, "message"),
    errors.RequestError(None, "/url", "message"),
    errors.MaxRetryError(None, "/url", ValueError("why")),
    errors.HostChangedError(None, "/url", 2),
    errors.ReadTimeoutError(None, "/url", "message"),
    errors.NewConnectionError(None, "message"),
    errors.NameResolutionError("a.test", None, OSError("why")),
    errors.ProxyError("message", OSError("why")),
    errors.IncompleteRead(3, None),
    errors.InvalidChunkLength(None, b"xyz"),
    urllib3_errors.HeaderParsingError(["defect"], "rest"),
    errors.LocationParseError("http://["),
    errors.URLSchemeUnknown("gopher"),
    errors.ProxySchemeUnknown("gopher"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_can_be_pickled_with_what_it_says(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert isinstance(again, errors.TransportError)


def test_a_pool_stays_behind_when_its_error_travels() -> None:
    error = errors.ReadTimeoutError(object(), "/url", "message")
    again = pickle.loads(pickle.dumps(error))
    assert (again.pool, again.url) == (None, "/url")


def test_what_was_attempted_is_none_until_it_is_known() -> None:
    error = errors.TransportError()
    assert (error.method, error.host, error.port, error.phase, error.seconds) == (None,) * 5
