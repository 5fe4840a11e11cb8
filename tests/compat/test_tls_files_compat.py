"""A CA, certificate or key file that is missing is the plain OSError that requests raises, wherever it was named."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import httpcore_lite
from httpcore_lite.transport.connectors import tls_files
from support import certificates
from support.scripted import closed_port

GONE = "/no/such/file.pem"
URL = f"https://127.0.0.1:{closed_port()}/"
PROXY = dict.fromkeys(("http", "https"), f"https://127.0.0.1:{closed_port()}")


def with_session(**settings: Any) -> Callable[[Any], object]:
    def run(library: Any) -> object:
        session = library.Session()
        for name, value in settings.items():
            setattr(session, name, value)
        return session.get(URL)

    return run


def by_adapter(**given: Any) -> Callable[[Any], object]:
    return lambda library: library.adapters.HTTPAdapter().send(library.Request("GET", URL).prepare(), **given)


MISSING: dict[str, Callable[[Any], object]] = {
    "verify of a call": lambda library: library.get(URL, verify=GONE),
    "verify of a session": with_session(verify=GONE),
    "verify of an adapter": by_adapter(verify=GONE),
    "verify as a path": lambda library: library.get(URL, verify=Path(GONE)),
    "verify of a proxy": lambda library: library.get("https://a.test/", proxies=PROXY, verify=GONE),
    "cert of a call": lambda library: library.get(URL, cert=GONE),
    "cert of a session": with_session(cert=GONE),
    "cert of an adapter": by_adapter(cert=GONE),
    "cert in a pair": lambda library: library.get(URL, cert=(GONE, certificates.ca_path())),
    "key in a pair": lambda library: library.get(URL, cert=(certificates.ca_path(), GONE)),
    "cert for plain http": lambda library: library.get("http://a.test/", cert=GONE),
    "below a file": lambda library: library.get(URL, verify=certificates.ca_path() + "/a.pem"),
}


def failing(library: Any, run: Callable[[Any], object]) -> Exception:
    try:
        run(library)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def check(error: Any, code: int = errno.ENOENT) -> None:
    assert not isinstance(error, httpcore_lite.RequestException)
    assert error.errno == code
    assert error.filename
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.errno, again.filename) == (type(error), str(error), code, error.filename)


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_file_is_the_error_of_requests(name: str) -> None:
    theirs, ours = (failing(library, MISSING[name]) for library in (requests, httpcore_lite))
    assert str(ours) == str(theirs)
    assert not isinstance(theirs, requests.RequestException)
    assert isinstance(ours, FileNotFoundError)
    check(ours)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_the_environment_is_the_error_of_requests(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, GONE)
    theirs, ours = (failing(library, lambda library: library.get(URL)) for library in (requests, httpcore_lite))
    assert str(ours) == str(theirs)
    check(ours)


def test_a_file_that_goes_missing_later_is_the_same_error(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(Path(certificates.ca_path()).read_bytes())
    with httpcore_lite.Session() as session:
        for _ in range(2):
            with pytest.raises(httpcore_lite.ConnectionError):
                session.get(URL, verify=str(bundle))
        bundle.unlink()
        error = failing(session, lambda s: s.get(URL, verify=str(bundle)))
        assert str(error) == f"Could not find a suitable TLS CA certificate bundle, invalid path: {bundle}"
        check(error)
        assert session.get_adapter("https://").pool.stats().open == 0  # type: ignore[attr-defined]


def test_a_directory_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    own, key = certificates.client_certificate()
    for cert, what in ((str(tmp_path), "certificate"), ((own, str(tmp_path)), "key")):
        error: Any = failing(httpcore_lite, lambda library, cert=cert: library.get(URL, cert=cert))
        assert isinstance(error, IsADirectoryError)
        assert str(error).startswith(f"Could not read the TLS {what} file, invalid path: {tmp_path}")
        check(error, errno.EISDIR)


@pytest.mark.parametrize("proxied", [False, True])
def test_a_file_that_may_not_be_read_is_named(proxied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    bundle = tmp_path / "ca.pem"  # of its own: contexts are kept
    bundle.write_bytes(Path(certificates.ca_path()).read_bytes())

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", refuse)
    monkeypatch.setattr(tls_files, "open", refuse, raising=False)
    given: Any = {"url": "http://a.test/", "proxies": PROXY} if proxied else {"url": URL}
    error: Any = failing(httpcore_lite, lambda library: library.get(verify=str(bundle), **given))
    assert isinstance(error, PermissionError)
    assert str(bundle) in str(error)
    check(error, errno.EACCES)


def test_a_file_that_holds_no_certificate_stays_an_error_of_tls() -> None:
    with pytest.raises(httpcore_lite.exceptions.SSLError, match="no CA certificate can be read from"):
        httpcore_lite.get(URL, verify=__file__)
