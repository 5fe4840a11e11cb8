"""What is asked of a proxy before it connects us to an origin, and what its responses mean.

    CONNECT ──▶ 2xx: the stream leads to the origin
            ──▶ 407: once more with credentials, on the same connection if the refusal leaves it fit for use
            ──▶ anything else: ProxyError

A pure room: bytes are `Protocol`'s, chance is handed in. RFC 9110 sections 9.3.6 and 15.5.8.
"""

from __future__ import annotations

from ..errors import ProxyError, SSLError
from ..http1.request_heads import RequestHeads
from .proxy_auth import Negotiation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from ..errors import TransportError
    from ..http1.headers import GivenFields
    from ..http1.protocol import Head
    from ..http1.request_heads import Request
    from ..timeouts import ConnectBudget
    from .proxy_auth import Login
    from .routes import ProxyRoute

_SPEAKS_HTTP: Final = (
    " Your proxy appears to only use HTTP and not HTTPS, try changing your proxy URL to be HTTP. See: "
    "https://urllib3.readthedocs.io/en/latest/advanced-usage.html#https-proxy-error-http-proxy"
)
# How much of the body of a refusal is read to save the connection, in bytes.
MAX_REFUSAL: Final = 64 * 1024


class Tunnel:
    """The CONNECT to `host` and `port` through `proxy`; `login` is what is known of our user there, or None."""

    def __init__(self, proxy: ProxyRoute, host: str, port: int, login: Login | None) -> None:
        host = host.partition("%")[0]
        self.target: str = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._fields: GivenFields = []
        given = None
        for name, value in proxy.headers:
            if name.lower() != "proxy-authorization":
                self._fields.append((name, value))
            elif given is None:
                given = value
        self._negotiation = Negotiation(login, given)

    def request(self, cnonce: str) -> Request:
        """Return the CONNECT to send now; `cnonce` is a new random text for Digest."""
        said = self._negotiation.authorization("CONNECT", self.target, cnonce)
        fields = self._fields if said is None else [*self._fields, ("Proxy-Authorization", said)]
        return RequestHeads().build("CONNECT", self.target, fields, self.target)

    def asks_again(self, head: Head) -> bool:
        """Whether to ask once more after this response."""
        values = [value.decode("latin-1") for name, value in head.fields if name.lower() == b"proxy-authenticate"]
        return self._negotiation.asks_again(head.status, values)

    @staticmethod
    def opened(head: Head, leftover: bytes) -> None:
        """Raise ProxyError unless the stream leads to the origin; `leftover` is what arrived behind the head."""
        if not head.upgraded:
            cause = OSError(f"Tunnel connection failed: {head.status} {head.reason.decode('latin-1')}")
            error = ProxyError("Unable to connect to proxy", cause)
            error.__cause__ = cause
            raise error
        if leftover:
            # The origin cannot have spoken yet: they are the proxy's own, and TLS would take them for the origin's.
            message = "Tunnel connection failed: the proxy sent bytes behind its response to CONNECT"
            raise ProxyError(message, OSError(message))


def unreachable(error: BaseException) -> ProxyError:
    """Return the error for a proxy that could not be connected to, in urllib3's words."""
    inner = error.args[0] if isinstance(error, SSLError) and error.args else None
    plain = getattr(inner, "reason", None) in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")
    return ProxyError(f"Unable to connect to proxy.{_SPEAKS_HTTP}" if plain else "Unable to connect to proxy", error)


def is_over(error: BaseException) -> bool:
    """Whether it was the whole call's time that ran out, which is no fault of the proxy's."""
    return getattr(error, "phase", None) == "total"


def too_late(budget: ConnectBudget, connector: object, what: str) -> TransportError:
    """Return the error for a proxy that took too long, or for the whole call if that had no time left."""
    late = budget.ran_out(connector, what, "proxy")
    return late if is_over(late) else ProxyError(str(late), late)
