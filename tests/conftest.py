"""What holds for every test: the machine's own settings never leak in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from httpcore_lite.client import failures

_VARIABLES = {
    "ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SOCKS_PROXY", "REQUEST_METHOD",
    "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSLKEYLOGFILE",
    "NETRC",
}  # fmt: skip


# A fault of the room that explains errors is hidden from programs, not from us.
failures.never_fails = False


@pytest.fixture(autouse=True)
def quiet_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No proxies, no CA bundles, no netrc: a home directory with nothing in it, which is returned."""
    for name in list(os.environ):
        if name.upper() in _VARIABLES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "empty-home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home
