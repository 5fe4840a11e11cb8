"""What holds for every test: the machine's own settings never leak in."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from httpcore_lite.client import failures

_VARIABLES = {
    "ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SOCKS_PROXY", "REQUEST_METHOD",
    "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSLKEYLOGFILE",
    "NETRC", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PYTHONIOENCODING", "PYTEST_ADDOPTS",
}  # fmt: skip


# A shell has what it runs in the background ignore Ctrl-C, and so does each program that a test starts and interrupts.
with suppress(ValueError):  # not in the main thread
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

# A fault of the room that explains errors is hidden from programs, not from us.
failures.never_fails = False


@pytest.fixture(autouse=True)
def quiet_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No proxies, no CA bundles, no netrc, no wishes for colours: an empty home directory, which is returned."""
    for name in list(os.environ):
        if name.upper() in _VARIABLES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "empty-home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home
