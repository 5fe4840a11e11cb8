"""Contexts: which settings share one, and what is said of files that cannot be used."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any

import pytest

from httpcore_lite.sansio.connections.routes import TLSSettings, without_codec
from httpcore_lite.sansio.errors import SSLError
from httpcore_lite.transport.connectors.tls import context_for
from support import certificates


def test_equal_settings_share_one_context_and_others_do_not() -> None:
    ca = certificates.ca_path()
    first = context_for(TLSSettings(ca_certs=ca))
    assert context_for(TLSSettings(ca_certs=ca)) is first
    assert context_for(TLSSettings(ca_certs=certificates.other_ca_path())) is not first
    assert context_for(TLSSettings(ca_certs=ca, verify=False)) is not first


@pytest.mark.parametrize("name", ["ca_certs", "cert_file"])
def test_a_changed_file_is_seen(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.pem"
    source = certificates.ca_path() if name == "ca_certs" else certificates.client_bundle()
    path.write_bytes(Path(source).read_bytes())
    given: dict[str, Any] = {name: str(path)}
    first = context_for(TLSSettings(**given))
    assert context_for(TLSSettings(**given)) is first
    os.utime(path, ns=(1, 1))
    assert context_for(TLSSettings(**given)) is not first


def test_a_context_verifies_unless_told_otherwise() -> None:
    checked = context_for(TLSSettings(ca_certs=certificates.ca_path()))
    assert (checked.verify_mode, checked.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert checked.minimum_version == ssl.TLSVersion.TLSv1_2
    unchecked = context_for(TLSSettings(verify=False))
    assert (unchecked.verify_mode, unchecked.check_hostname) == (ssl.CERT_NONE, False)


def test_a_callers_context_is_used_as_it_is() -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert context_for(TLSSettings(ssl_context=own)) is own
    assert not own.get_ca_certs()
    context_for(TLSSettings(ssl_context=own, ca_certs=certificates.ca_path()))
    context_for(TLSSettings(ssl_context=own, ca_certs=certificates.ca_path()))
    assert len(own.get_ca_certs()) == 1


def test_a_key_log_is_written_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = str(tmp_path / "keys.log")
    monkeypatch.setenv("SSLKEYLOGFILE", log)
    # A host name of its own keeps this from being a context that exists already.
    assert context_for(TLSSettings(verify=False, server_hostname="keylog.test")).keylog_filename == log


def test_trust_that_cannot_be_read_is_the_error_of_its_file(tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    with pytest.raises(FileNotFoundError, match="invalid path: .*missing"):
        context_for(TLSSettings(ca_certs=str(tmp_path / "missing")))
    with pytest.raises(IsADirectoryError, match="Could not read a suitable TLS CA certificate bundle"):
        context_for(TLSSettings(ca_certs=str(tmp_path)))
    with pytest.raises(SSLError, match="no CA certificate can be read"):
        context_for(TLSSettings(ca_certs=str(junk)))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may read every file")
def test_an_unreadable_bundle_is_a_permission_error(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(Path(certificates.ca_path()).read_bytes())
    path.chmod(0)
    with pytest.raises(PermissionError, match="Could not read"):
        context_for(TLSSettings(ca_certs=str(path)))


def test_a_client_certificate_that_cannot_be_used_is_an_error_of_its_file_or_of_tls(tmp_path: Path) -> None:
    chain, key = certificates.client_certificate()
    for cert, key_file in ((str(tmp_path / "no"), key), (chain, str(tmp_path / "no"))):
        with pytest.raises(
            FileNotFoundError, match="Could not find the TLS (certificate|key) file, invalid path: .*no"
        ):
            context_for(TLSSettings(verify=False, cert_file=cert, key_file=key_file))
    for cert, key_file in ((str(tmp_path), key), (str(tmp_path), None), (chain, str(tmp_path))):
        with pytest.raises(IsADirectoryError, match="Could not read the TLS (certificate|key) file"):
            context_for(TLSSettings(verify=False, cert_file=cert, key_file=key_file))
    with pytest.raises(SSLError, match="client certificate cannot be loaded"):
        context_for(TLSSettings(verify=False, cert_file=chain))


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_encrypted_key_does_not_ask_on_the_terminal(password: str | None, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form

    chain, key = certificates.client_certificate()
    private: Any = form.load_pem_private_key(Path(key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    how = form.BestAvailableEncryption(b"right")
    locked.write_bytes(private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, how))
    given: dict[str, Any] = {"verify": False, "cert_file": chain, "key_file": str(locked)}
    with pytest.raises(SSLError, match="client certificate cannot be loaded") as caught:
        context_for(TLSSettings(**given, key_password=password))
    assert "right" not in str(caught.value)
    context_for(TLSSettings(**given, key_password="right"))


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "example.org", "::1", "a" * 63, "münchen.example", "", ".a", "a..b", "a" * 64]
)
def test_an_everyday_name_reaches_openssl_as_ssl_itself_would_write_it(name: str) -> None:
    """Without loading the codec for IDNA, which leaves such names as they are and refuses the others."""

    class Own(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError

    given = without_codec(name, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_socket, "ssl")
    plain = name in ("127.0.0.1", "example.org", "::1", "a" * 63)
    assert given == (name.encode("idna") if plain else name)
    assert without_codec(name, Own(ssl.PROTOCOL_TLS_CLIENT).wrap_socket, "ssl") == name
