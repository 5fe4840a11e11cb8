"""TLS on top of a connected stream, by the standard library's `ssl`.

One context per set of settings and process: parsing a CA bundle takes longer than a handshake. Contexts check the
peer's certificate and name unless the settings say otherwise, speak TLS 1.2 or newer, and offer "http/1.1" by ALPN.

Contexts tell a server nothing about its client, so that all pools may share them; sessions do, and are the pool's
(`sansio.connections`): OpenSSL offers a client's session only where it is told to.

RFC 8446 (TLS 1.3), RFC 9110 section 4.3 (the identity of an https server), RFC 7301 (ALPN).
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from _thread import allocate_lock
from weakref import WeakKeyDictionary

from ...sansio.connections.routes import TLSSettings, without_codec
from ...sansio.errors import ProtocolError, SSLError
from .. import in_children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...sansio.connections.routes import ProxyRoute
    from ...sansio.connections.tls_sessions import Key, SessionCache
    from ...sansio.timeouts import ConnectBudget
    from .tcp import Connector

_contexts: dict[object, ssl.SSLContext] = {}
_contexts_lock = allocate_lock()
# What was loaded into contexts that are not ours.
_added: WeakKeyDictionary[ssl.SSLContext, set[object]] = WeakKeyDictionary()
_callers_lock = allocate_lock()
# Of the sessions of every pool: it is held for a look into a dict.
_sessions_lock = allocate_lock()


def _renew_locks(_: object = None) -> None:
    global _contexts_lock, _callers_lock, _sessions_lock
    _contexts_lock, _callers_lock, _sessions_lock = allocate_lock(), allocate_lock(), allocate_lock()


in_children(sys.modules[__name__], _renew_locks)
# What decides what is verified, and may be changed in a context of the caller's between two connections.
_SAID = ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version", "maximum_version")
# What is loaded into a context of the caller's: the CAs first.
_LOADED = ("ca_certs", "ca_cert_dir", "ca_cert_data", "cert_file", "key_file", "cert_data", "key_data")
# Contexts hold a parsed CA store each (about 1 MB): a program that makes up settings must not fill memory.
_MAX_CONTEXTS = 64


def context_for(settings: TLSSettings) -> ssl.SSLContext:
    """Return the context for these settings, the same one for equal settings as long as their files are unchanged.

    Raises SSLError when a file holds nothing of use, a plain OSError (`tls_files`) when it cannot be read.
    """
    if settings.ssl_context is not None:
        _add_to_callers(settings.ssl_context, settings)
        return settings.ssl_context
    files = (settings.ca_certs, settings.ca_cert_dir, settings.cert_file, settings.key_file)
    key = (settings, *[_stamp(path) for path in files if path is not None])
    context = _contexts.get(key)
    if context is None:
        context = new_context(settings)
        with _contexts_lock:
            if len(_contexts) >= _MAX_CONTEXTS:
                _contexts.pop(next(iter(_contexts)))
            context = _contexts.setdefault(key, context)
    return context


def _stamp(path: str) -> tuple[int, int] | None:
    """Return what changes when a file does, so that a renewed bundle or certificate is seen."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _empty_context(settings: TLSSettings) -> ssl.SSLContext:
    """Return a context that trusts no CA yet; with `system` one that asks the operating system, where that is known.

    `truststore` asks macOS and Windows; elsewhere, and without it, what OpenSSL was built to trust has to do.
    """
    if settings.system_trust and settings.verify:
        try:
            from truststore import SSLContext  # pyright: ignore[reportMissingImports]
        except ImportError:
            pass
        else:
            found: ssl.SSLContext = SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return found
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def new_context(settings: TLSSettings) -> ssl.SSLContext:
    """Return a context of its own for these settings. SSLError as of `context_for`."""
    context = _empty_context(settings)
    context.minimum_version = settings.ssl_minimum_version or ssl.TLSVersion.TLSv1_2
    if settings.ssl_maximum_version is not None:
        context.maximum_version = settings.ssl_maximum_version
    context.options |= ssl.OP_NO_COMPRESSION | (settings.options or 0)
    context.post_handshake_auth = True  # a server may ask for the client's certificate after a request (TLS 1.3)
    context.set_alpn_protocols(["http/1.1"])
    if ssl.HAS_NEVER_CHECK_COMMON_NAME:
        context.hostname_checks_common_name = False  # names stand in subjectAltName (RFC 9525 section 2)
    if settings.ciphers is not None:
        try:
            context.set_ciphers(settings.ciphers)
        except ssl.SSLError as error:
            raise SSLError(f"no cipher can be selected by {settings.ciphers!r}") from error
    if sys.version_info >= (3, 13):
        # What ssl.create_default_context sets from this version on.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if keylog := os.environ.get("SSLKEYLOGFILE"):
        context.keylog_filename = keylog
    if settings.verify:
        # Another name than the server's is checked after the handshake, by us.
        context.check_hostname = settings.assert_hostname is None and settings.assert_fingerprint is None
        _load_trust(context, settings)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _load_client_certificate(context, settings)
    return context


def _add_to_callers(context: ssl.SSLContext, settings: TLSSettings) -> None:
    """Load the CAs and the client certificate of the settings into a context of the caller's, once each.

    Programs make a context for its ciphers or its minimum version only, and rely on the CAs coming from elsewhere.
    """
    added = _added.setdefault(context, set())
    key = tuple([getattr(settings, name) for name in _LOADED])
    if key in added or not any(key):
        return
    if settings.verify and any(key[:3]):
        _load_trust(context, settings)
    _load_client_certificate(context, settings)
    added.add(key)


def _load_trust(context: ssl.SSLContext, settings: TLSSettings) -> None:
    named = settings.ca_certs or settings.ca_cert_dir
    try:
        if named or settings.ca_cert_data:
            context.load_verify_locations(settings.ca_certs, settings.ca_cert_dir, settings.ca_cert_data)
            return
        context.load_default_certs()
    except OSError as error:  # ssl.SSLError is one, too
        _complain_of_files(error, CA=settings.ca_certs)
        raise SSLError(f"no CA certificate can be read from {named or 'the data given'}: {error}") from error


def _load_client_certificate(context: ssl.SSLContext, settings: TLSSettings) -> None:
    # A password function that raises keeps OpenSSL from asking on the terminal, and waiting there.
    password = settings.key_password or _no_password
    if settings.cert_data is not None:
        try:
            from . import tls_files

            with tls_files.as_file(settings.cert_data + b"\n" + (settings.key_data or b"")) as path:
                context.load_cert_chain(path, None, password)
        except (OSError, ValueError) as error:
            raise SSLError(f"the client certificate cannot be loaded from the PEM bytes given: {error}") from error
        return
    if settings.cert_file is None:
        return
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file, password)
    except (OSError, ValueError) as error:
        _complain_of_files(error, CERTIFICATE=settings.cert_file, KEY=settings.key_file)
        files = " and ".join(path for path in (settings.cert_file, settings.key_file) if path)
        raise SSLError(f"the client certificate cannot be loaded from {files}: {error}") from error


def _complain_of_files(error: Exception, **files: str | None) -> None:
    """Raise the plain OSError for a file that cannot be opened, if it was that."""
    from . import tls_files

    unusable = tls_files.unusable((getattr(tls_files, what), path) for what, path in files.items())
    if unusable is not None:
        raise unusable from error


def _no_password() -> str:
    raise ValueError("the private key is encrypted and no password was given")


class TLSConnector:
    """Wraps what another connector opened in TLS, resuming the last of `sessions` with the same peer.

    `via` is the proxy in between, or None.
    """

    def __init__(
        self,
        inner: Connector,
        settings: TLSSettings,
        host: str,
        port: int,
        via: ProxyRoute | None,
        sessions: SessionCache,
    ) -> None:
        self.inner = inner
        self.settings = settings
        self.host = host
        self.port = port
        self.via = via
        self.sessions = sessions
        # What a caller's context said when the stream was made: it may be changed at any time.
        self._said: tuple[object, ...] = ()
        # A zone id belongs to the address, not to the name (RFC 6874 section 1).
        self.name: str = (settings.server_hostname or host).partition("%")[0].rstrip(".")

    @property
    def _peer(self) -> Key:
        return self.settings, self.name, self.port, self.via, self._said

    def keep_tls_session(self, sock: socket.socket) -> None:
        """Keep the session of a connection, once something was read: tickets of TLS 1.3 come behind the handshake."""
        if TYPE_CHECKING:
            assert isinstance(sock, ssl.SSLSocket)
        with _sessions_lock:
            if self.sessions.wants(sock.context, self._peer, bool(sock.session_reused)):
                self.sessions.keep(sock.context, self._peer, sock.session)

    def connect(self, budget: ConnectBudget) -> socket.socket:
        # Before sockets: a bad bundle or certificate should cost no connection. (The first connection of a process may
        # be under way, where a bundle is all there is to load: `Route.may_begin_early`.)
        try:
            context = context_for(self.settings)
        except SSLError as error:
            error.phase = "settings"
            raise
        sock = self.inner.connect(budget)
        try:
            return self._handshake(context, sock, budget)
        except BaseException:
            sock.close()
            raise

    def _handshake(self, context: ssl.SSLContext, sock: socket.socket, budget: ConnectBudget) -> ssl.SSLSocket:
        began = budget.begin("tls", server_hostname=self.name)
        left = budget.countdown(self.inner, f"The TLS handshake with {self.host}", "tls")
        sock.settimeout(left())
        try:
            wrapped = self._wrapped(context, sock)
        except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: a NUL in it
            _close_half_made(error)
            failure = SSLError(f"{self.name!r} cannot be asked for as a server name: {error}")
            failure.phase = "settings"
            raise failure from error
        except OSError as error:
            raise ProtocolError("Connection aborted.", error) from error
        try:
            # From here on the descriptor belongs to the wrapped socket, which is the one to close.
            if budget.on_stream is not None:
                budget.on_stream(wrapped)
            self._shake_hands(wrapped, budget, left)
            self._check_peer(wrapped)
            _shaken(wrapped, budget, began)
        except BaseException as error:
            with _sessions_lock:
                self.sessions.forget(context, self._peer)
            wrapped.close()
            if isinstance(error, SSLError):
                error.phase = "tls"
            raise
        return wrapped

    def _shake_hands(self, wrapped: ssl.SSLSocket, budget: ConnectBudget, left: Callable[[], float | None]) -> None:
        try:
            # A socket's handshake keeps its timeout as a whole; that of a stream is many waits.
            in_tls: Any = None if isinstance(wrapped, ssl.SSLSocket) else wrapped
            if in_tls is None:
                wrapped.do_handshake()
            else:
                in_tls.do_handshake(lambda outer: outer.settimeout(left()))
        except TimeoutError as error:
            raise budget.ran_out(self.inner, f"The TLS handshake with {self.host}", "tls") from error
        except ssl.SSLError as error:
            raise SSLError(error) from error
        except OSError as error:
            failure = ProtocolError("Connection aborted.", error)
            failure.phase = "tls"
            raise failure from error

    def _wrapped(self, context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
        def wrap() -> ssl.SSLSocket:
            with _sessions_lock:
                session = self.sessions.offer(context, self._peer)
            if isinstance(sock, ssl.SSLSocket):
                from .tls_in_tls import TLSStream

                return TLSStream(sock, context, self.name, session)  # type: ignore[return-value]  # as far as used
            return context.wrap_socket(
                sock,
                server_hostname=without_codec(self.name, context.wrap_socket, "ssl"),
                suppress_ragged_eofs=False,
                do_handshake_on_connect=False,
                session=session,
            )

        settings = self.settings
        if settings.ssl_context is None:
            return wrap()
        # A context of the caller's may verify less, or more, than this request asks for. OpenSSL copies the mode
        # when the stream is made, so that it is changed for this one stream only.
        with _callers_lock:
            mode, checks = context.verify_mode, context.check_hostname
            self._said = tuple([getattr(context, name, None) for name in _SAID])
            try:
                if not settings.verify:
                    context.check_hostname = False
                    context.verify_mode = ssl.CERT_NONE
                else:
                    context.check_hostname = checks and not self._checks_name_otherwise
                    context.verify_mode = ssl.CERT_REQUIRED
                return wrap()
            finally:
                context.check_hostname = False
                context.verify_mode = mode
                context.check_hostname = checks

    @property
    def _checks_name_otherwise(self) -> bool:
        return self.settings.assert_hostname is not None or self.settings.assert_fingerprint is not None

    def _check_peer(self, sock: ssl.SSLSocket) -> None:
        """Check what OpenSSL was not asked to check during the handshake."""
        settings = self.settings
        callers = settings.ssl_context is not None and not settings.ssl_context.check_hostname
        if settings.assert_fingerprint is not None or settings.assert_hostname is not None or callers:
            from ...sansio.connections.peer_checks import check_peer

            check_peer(settings, self.name, sock.getpeercert)


def _close_half_made(error: BaseException) -> None:
    """Close the socket that took over the descriptor before `ssl` refused its name: only the traceback knows it."""
    trace = error.__traceback__
    while trace is not None:
        made = trace.tb_frame.f_locals.get("self")
        if isinstance(made, ssl.SSLSocket):
            made.close()
        trace = trace.tb_next


def _shaken(sock: ssl.SSLSocket, budget: ConnectBudget, began: float) -> None:
    if budget.watch is None:
        budget.end("tls", began)
        return
    cipher, *_ = sock.cipher() or (None,)
    budget.end("tls", began, version=sock.version(), cipher=cipher, resumed=bool(sock.session_reused))
