"""Our shapes of urllib3 beside the installed urllib3: the same signatures, limits, contexts and readings."""

from __future__ import annotations

import inspect
import io
import itertools
import time
import warnings
import zlib
from typing import Any

import pytest

import httpcore_lite.packages.urllib3.util.ssl_ as found_ssl
from httpcore_lite.urllib3_api.response import HTTPResponse
from httpcore_lite.urllib3_api.util import ssl_
from httpcore_lite.urllib3_api.util.request import make_headers
from httpcore_lite.urllib3_api.util.timeout import Timeout

urllib3 = pytest.importorskip("urllib3")


def _parameters(function: Any) -> list[tuple[str, Any]]:
    parameters = list(inspect.signature(function).parameters.values())
    return [(p.name, repr(p.default) if "default" in repr(p.default).lower() else p.default) for p in parameters]


def _names(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", ["read", "read1", "stream", "read_chunked", "getheader", "json", "readinto", "close"])
def test_the_reading_methods_have_urllib3s_signatures(name: str) -> None:
    assert _parameters(getattr(HTTPResponse, name)) == _parameters(getattr(urllib3.HTTPResponse, name))


def test_the_constructors_have_urllib3s_signatures() -> None:
    assert _parameters(HTTPResponse) == _parameters(urllib3.HTTPResponse)
    assert _names(Timeout) == _names(urllib3.Timeout)
    assert _parameters(make_headers) == _parameters(urllib3.util.make_headers)


def test_every_public_member_of_the_response_is_there() -> None:
    theirs = {name for name in dir(urllib3.HTTPResponse) if not name.startswith("_")}
    left_out = {"CONTENT_DECODERS", "DECODER_ERROR_CLASSES"}  # decoding is sansio.http1.decoders
    assert theirs - set(dir(HTTPResponse)) == left_out


# -- reading: the same calls on the same file give the same ------------------------------------------------------

TEXT = bytes(range(256)) * 3
_coder = zlib.compressobj(wbits=31)
GZIPPED = _coder.compress(TEXT) + _coder.flush()

CALLS = {
    "read()": lambda response: response.read(),
    "read(0)": lambda response: response.read(0),
    "read(7)": lambda response: response.read(7),
    "read(-1)": lambda response: response.read(-1),
    "read(9999)": lambda response: response.read(9999),
    "readinto": lambda response: response.readinto(bytearray(5)),
    "stream(100)": lambda response: list(itertools.islice(response.stream(100), 2)),
    "data": lambda response: response.data,
    "drain": lambda response: response.drain_conn(),
    "close": lambda response: response.close(),
}
HEADS: list[dict[str, str]] = [
    {},
    {"content-encoding": "gzip"},
    {"content-length": "768"},
    {"content-length": "9999"},
    {"content-length": "5", "transfer-encoding": "chunked"},
]


def _outcome(call: Any, response: Any) -> Any:
    try:
        result = call(response)
    except Exception as error:
        return type(error).__name__, len(error.args)
    return result, response.closed, response.length_remaining


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("preload", [False, True])
@pytest.mark.parametrize("decode", [False, True])
def test_three_calls_in_any_order_give_what_urllib3_gives(head: dict[str, str], preload: bool, decode: bool) -> None:
    body = GZIPPED if "content-encoding" in head else TEXT
    for calls in itertools.product(CALLS, repeat=3):
        pair = [
            cls(io.BytesIO(body), headers=head, status=200, preload_content=preload, decode_content=decode)
            for cls in (HTTPResponse, urllib3.HTTPResponse)
        ]
        for number, name in enumerate(calls):
            ours, theirs = (_outcome(CALLS[name], response) for response in pair)
            assert ours == theirs, (calls, number)
            if len(ours) == 2 or name == "close":
                break  # nothing is promised after that; urllib3 may hand out what it had held back


# -- limits ----------------------------------------------------------------------------------------------------


def test_limits_are_urllib3s_whatever_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    left_out = object()
    for total, connect, read in itertools.product([None, 0.5, 3, left_out], [None, 1, left_out], [None, 2, left_out]):
        values = []
        for cls in (Timeout, urllib3.Timeout):
            given = {"total": total, "connect": connect, "read": read}
            timeout = cls(**{name: value for name, value in given.items() if value is not left_out})
            seen = [timeout.connect_timeout]
            timeout.start_connect()
            clock[0] += 0.75
            seen += [timeout.read_timeout, timeout.get_connect_duration(), timeout.clone().connect_timeout]
            values.append(["default" if value is cls.DEFAULT_TIMEOUT else value for value in seen])
        assert values[0] == values[1], (total, connect, read)


# -- TLS contexts ----------------------------------------------------------------------------------------------


def _context(module: Any, arguments: dict[str, Any]) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = module.create_urllib3_context(**arguments)
        except Exception as error:
            return type(error)
    ciphers = [cipher["name"] for cipher in made.get_ciphers()]
    versions = (made.minimum_version, made.maximum_version)
    checks = (made.verify_mode, made.check_hostname, made.verify_flags, made.hostname_checks_common_name)
    categories = [warning.category for warning in caught if warning.category is not DeprecationWarning]
    return versions, checks, made.options, made.post_handshake_auth, ciphers, categories


def test_contexts_are_made_as_urllib3_makes_them() -> None:
    import ssl

    cases: list[dict[str, Any]] = [
        {},
        {"cert_reqs": ssl.CERT_NONE},
        {"cert_reqs": ssl.CERT_OPTIONAL},
        {"options": 0},
        {"ciphers": "ECDHE+AESGCM"},
        {"ciphers": "nonsense"},
        {"ssl_minimum_version": ssl.TLSVersion.TLSv1_3},
        {"ssl_maximum_version": ssl.TLSVersion.TLSv1_2},
        {"ssl_version": ssl.PROTOCOL_TLSv1_2},
        {"ssl_version": ssl.PROTOCOL_TLS_CLIENT},
        {"ssl_version": ssl.PROTOCOL_TLSv1_2, "ssl_minimum_version": ssl.TLSVersion.TLSv1_2},
        {"verify_flags": ssl.VERIFY_X509_STRICT},
    ]
    for case in cases:
        assert _context(ssl_, case) == _context(urllib3.util.ssl_, case), case


@pytest.mark.parametrize("candidate", [None, "CERT_NONE", "REQUIRED", 0, 2])
def test_names_of_modes_are_resolved_as_urllib3_resolves_them(candidate: Any) -> None:
    ours, theirs = ssl_.resolve_cert_reqs(candidate), urllib3.util.ssl_.resolve_cert_reqs(candidate)
    assert ours == theirs
    assert found_ssl is urllib3.util.ssl_


@pytest.mark.parametrize("candidate", [None, "TLSv1_2", "PROTOCOL_TLS", 2])
def test_names_of_versions_are_resolved_as_urllib3_resolves_them(candidate: Any) -> None:
    ours, theirs = ssl_.resolve_ssl_version(candidate), urllib3.util.ssl_.resolve_ssl_version(candidate)
    assert ours == theirs
