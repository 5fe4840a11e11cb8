"""Certificates made on the spot by trustme: one authority for a whole test run."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import ssl
import tempfile

import trustme


@functools.cache
def _folder() -> str:
    path = tempfile.mkdtemp(prefix="certificates-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def authority() -> trustme.CA:
    """The authority that signed every certificate here."""
    return trustme.CA()


@functools.cache
def ca_path() -> str:
    """A PEM file with the authority's certificate, for `verify=`."""
    path = os.path.join(_folder(), "ca.pem")
    authority().cert_pem.write_to_path(path)
    return path


@functools.cache
def other_ca_path() -> str:
    """A PEM file of an authority that signed nothing."""
    path = os.path.join(_folder(), "other.pem")
    trustme.CA().cert_pem.write_to_path(path)
    return path


@functools.cache
def server_context(*names: str) -> ssl.SSLContext:
    """A server's context with a certificate for `names` (by default 127.0.0.1, ::1 and localhost)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*(names or ("127.0.0.1", "::1", "localhost"))).configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    return context


@functools.cache
def mutual_context() -> ssl.SSLContext:
    """A server's context that asks for a client certificate of our authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@functools.cache
def client_certificate() -> tuple[str, str]:
    """Paths of a client's certificate chain and of its key, for `cert=`."""
    leaf = authority().issue_cert("client@example.org")
    chain, key = os.path.join(_folder(), "client.pem"), os.path.join(_folder(), "client.key")
    for index, blob in enumerate(leaf.cert_chain_pems):
        blob.write_to_path(chain, append=index > 0)
    leaf.private_key_pem.write_to_path(key)
    return chain, key


@functools.cache
def client_bundle() -> str:
    """The same certificate and key in one file, for `cert='path'`."""
    path = os.path.join(_folder(), "client-bundle.pem")
    with open(path, "wb") as bundle:
        for part in client_certificate():
            with open(part, "rb") as source:
                bundle.write(source.read())
    return path
