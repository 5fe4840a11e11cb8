"""Adapters: subclasses, overrides, foreign pools, TLS settings, proxies (IDIOMS 3, 4, 13, 31, 33)."""

from __future__ import annotations

import ssl
import warnings
from typing import Any
from unittest import mock

from support import certificates
from support.differential import scenario
from support.scripted import closed_port, receive, response, send, start_tls


def _mounted(requests: Any, adapter: Any, scheme: str = "http") -> Any:
    s = requests.Session()
    s.mount(f"{scheme}://", adapter)
    return s


def _poolmanager(requests: Any) -> Any:
    return requests.packages.urllib3.poolmanager.PoolManager


# 3. init_poolmanager and proxy_manager_for


@scenario("init_poolmanager builds a PoolManager of its own", (3, 31))
def _(requests: Any, server: Any) -> Any:
    class Own(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, connections: Any, maxsize: Any, block: Any = False, **kw: Any) -> None:
            self.poolmanager = _poolmanager(requests)(num_pools=connections, maxsize=maxsize, block=block, **kw)

    return _mounted(requests, Own()).get(server.url("/own"))


@scenario("init_poolmanager hands on an ssl_context", (3, 31), tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    class Contextual(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            kw["ssl_context"] = ssl.create_default_context(cafile=certificates.ca_path())
            super().init_poolmanager(*args, **kw)

    return _mounted(requests, Contextual(), "https").get(server.url("/tls"))


@scenario("an ssl_context that verifies nothing", (3, 31), tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    class Blind(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            kw["ssl_context"] = context
            super().init_poolmanager(*args, **kw)

    return _mounted(requests, Blind(), "https").get(server.url("/tls"), verify=False)


@scenario("ssl_version and a minimum version are taken", 3, tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    class Versioned(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            super().init_poolmanager(*args, ssl_minimum_version=ssl.TLSVersion.TLSv1_2, **kw)

    response = _mounted(requests, Versioned(), "https").get(server.url("/"), verify=certificates.ca_path(), stream=True)
    return response, response.raw.status


@scenario("socket_options and source_address are taken", 3)
def _(requests: Any, server: Any) -> Any:
    import socket

    class Optional(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            kw["socket_options"] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
            kw["source_address"] = ("127.0.0.1", 0)
            super().init_poolmanager(*args, **kw)

    response = _mounted(requests, Optional()).get(server.url("/opt"), stream=True)
    sock = response.raw._connection.sock
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), sock.getsockname()[0], response


@scenario("assert_hostname=False accepts another name", 3, tls=lambda: certificates.server_context("other.example"))
def _(requests: Any, server: Any) -> Any:
    class Nameless(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            super().init_poolmanager(*args, assert_hostname=False, **kw)

    return _mounted(requests, Nameless(), "https").get(server.url("/"), verify=certificates.ca_path())


@scenario("assert_hostname checks that name", 3, tls=lambda: certificates.server_context("other.example"))
def _(requests: Any, server: Any) -> Any:
    class Named(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            super().init_poolmanager(*args, assert_hostname="other.example", **kw)

    return _mounted(requests, Named(), "https").get(server.url("/"), verify=certificates.ca_path())


@scenario("a wrong fingerprint is an SSLError", 3, tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    class Pinned(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *args: Any, **kw: Any) -> None:
            super().init_poolmanager(*args, assert_fingerprint="00" * 32, **kw)

    return _mounted(requests, Pinned(), "https").get(server.url("/"), verify=certificates.ca_path())


@scenario("proxy_manager_for is asked and its settings are taken", (3, 31))
def _(requests: Any, server: Any) -> Any:
    calls: list[Any] = []

    class Proxied(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def proxy_manager_for(self, proxy: Any, **kw: Any) -> Any:
            calls.append((proxy, sorted(kw)))
            kw["source_address"] = ("127.0.0.1", 0)
            return super().proxy_manager_for(proxy, **kw)

    s = _mounted(requests, Proxied())
    return s.get("http://example.test/x", proxies={"http": f"http://{server.address}"}), calls


# 4. overrides


@scenario("overridden adapter methods see the calls of a GET", (4, 31))
def _(requests: Any, server: Any) -> Any:
    adapter, calls = _recording(requests)
    return _mounted(requests, adapter).get(server.url("/g?a=1"), timeout=3), calls


@scenario("overridden adapter methods see the calls of a proxied POST", (4, 31))
def _(requests: Any, server: Any) -> Any:
    adapter, calls = _recording(requests)
    s = _mounted(requests, adapter)
    return s.post("http://example.test/x?y=z", data="d", proxies={"http": f"http://u:p@{server.address}"}), calls


@scenario("overridden adapter methods see the calls of HTTPS", (4, 31), tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    adapter, calls = _recording(requests)
    s = _mounted(requests, adapter, "https")
    response = s.get(server.url("/t"), verify=certificates.ca_path(), stream=True)
    return response, [call for call in calls if call[0] not in ("cert_verify", "build_connection_pool_key_attributes")]


def _recording(requests: Any) -> Any:
    calls: list[Any] = []

    class Recording(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def send(self, request: Any, *args: Any, **kw: Any) -> Any:
            calls.append(("send", request.url, args, sorted(kw.items(), key=lambda item: item[0])))
            return super().send(request, *args, **kw)

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> Any:
            calls.append(("cert_verify", url, verify, cert))
            return super().cert_verify(conn, url, verify, cert)

        def build_response(self, req: Any, resp: Any) -> Any:
            calls.append(("build_response", req.url, resp.status))
            return super().build_response(req, resp)

        def get_connection_with_tls_context(
            self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
        ) -> Any:
            calls.append(("get_connection_with_tls_context", request.url, verify, proxies, cert))
            return super().get_connection_with_tls_context(request, verify, proxies, cert)

        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
            calls.append(
                ("build_connection_pool_key_attributes", request.url, verify, cert, sorted(host.items()), sorted(pool))
            )
            return host, pool

        def add_headers(self, request: Any, **kw: Any) -> None:
            calls.append(("add_headers", request.url, sorted(kw.items(), key=lambda item: item[0])))
            request.headers["X-Added"] = "by add_headers"

        def proxy_headers(self, proxy: Any) -> Any:
            headers = super().proxy_headers(proxy)
            calls.append(("proxy_headers", proxy, sorted(headers.items())))
            return headers

        def request_url(self, request: Any, proxies: Any) -> Any:
            url = super().request_url(request, proxies)
            calls.append(("request_url", request.url, url))
            return url

        def close(self) -> None:
            calls.append(("close",))
            super().close()

    return Recording(), calls


@scenario("request_url decides the target on the wire", (4, 31))
def _(requests: Any, server: Any) -> Any:
    class Raw(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def request_url(self, request: Any, proxies: Any) -> str:
            return "/not/../normalised/%zz?and=more"

    return _mounted(requests, Raw()).get(server.url("/x"))


@scenario("proxy_headers are sent to the proxy", (4, 31))
def _(requests: Any, server: Any) -> Any:
    class Tagged(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def proxy_headers(self, proxy: Any) -> Any:
            return {"X-Proxy-Tag": "t"}

    return _mounted(requests, Tagged()).get("http://example.test/", proxies={"http": f"http://{server.address}"})


@scenario("get_connection that redirects to another host", (4, 31))
def _(requests: Any, server: Any) -> Any:
    class Elsewhere(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def get_connection_with_tls_context(
            self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
        ) -> Any:
            return self.poolmanager.connection_from_host("127.0.0.1", server.port, "http")

    return _mounted(requests, Elsewhere()).get("http://name.test/path")


@scenario("the old get_connection still answers, with a warning", (4, 31))
def _(requests: Any, server: Any) -> Any:
    pool = requests.adapters.HTTPAdapter().get_connection(server.url("/"))
    return pool.host, pool.port == server.port, pool.scheme


@scenario("build_connection_pool_key_attributes decides the TLS settings", (4, 31), tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    class Keyed(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
            pool["ssl_context"] = ssl.create_default_context(cafile=certificates.ca_path())
            return host, pool

    return _mounted(requests, Keyed(), "https").get(server.url("/"))


@scenario("a BaseAdapter that needs no network", 4)
def _(requests: Any, server: Any) -> Any:
    class Local(requests.adapters.BaseAdapter):  # type: ignore[misc]
        def send(self, request: Any, **kw: Any) -> Any:
            response = requests.Response()
            response.status_code, response.url, response.request, response.reason = 200, request.url, request, "Local"
            response._content = repr(sorted(kw)).encode()
            response.raw = mock.Mock(_original_response=None)
            response.connection = self
            return response

        def close(self) -> None:
            pass

    s = requests.Session()
    s.mount("local://", Local())
    return s.get("local://anything/at all"), list(s.adapters)


@scenario("the longest prefix wins", (4, 33))
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    made = {
        prefix: requests.adapters.HTTPAdapter() for prefix in ("http://a", "http://a.b/c", "http://a.b", "HTTP://Z")
    }
    for prefix, adapter in made.items():
        s.mount(prefix, adapter)
    found = {}
    for url in ("http://a.b/c/d", "http://a.b/d", "http://ab", "http://z/", "https://x"):
        found[url] = [prefix for prefix, adapter in made.items() if s.get_adapter(url) is adapter]
    return list(s.adapters), found


scenario("no adapter for the scheme", (4, 18), lambda requests, server: requests.get("nothing://x/", auth=("u", "p")))


# 31. foreign pools


@scenario("a foreign pool is used through urlopen", (31, 4))
def _(requests: Any, server: Any) -> Any:
    import urllib3

    calls: list[Any] = []

    class Pool(urllib3.HTTPConnectionPool):
        def urlopen(self, *args: Any, **kw: Any) -> Any:
            shown = {key: kw[key] for key in kw if key not in ("headers", "retries", "timeout")}
            calls.append((args, sorted(shown.items()), type(kw["retries"]).__name__, type(kw["timeout"]).__name__))
            return super().urlopen(*args, **kw)  # type: ignore[no-untyped-call]

    class Foreign(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def get_connection_with_tls_context(self, *args: Any, **kw: Any) -> Any:
            return Pool("127.0.0.1", server.port)

    return _mounted(requests, Foreign()).post("http://name.test/path", data="abc", timeout=3), calls


@scenario("a urllib3 PoolManager left behind is used", (31, 3))
def _(requests: Any, server: Any) -> Any:
    import urllib3

    class Foreign(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, connections: Any, maxsize: Any, block: Any = False, **kw: Any) -> None:
            self.poolmanager = urllib3.PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kw)

    return _mounted(requests, Foreign()).get(server.url("/foreign"))


# 33. what the adapter keeps


@scenario("the adapter's insides", 33)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/"))
    a = s.get_adapter(server.url("/"))
    facts = a.config, a.proxy_manager, a._pool_connections, a._pool_maxsize, a._pool_block, len(a.poolmanager.pools)
    a.poolmanager.clear()
    return facts, len(a.poolmanager.pools), sorted(a.poolmanager.connection_pool_kw), response.connection is a


@scenario("connection-bound authentication stays on its connection", 33)
def _(requests: Any, server: Any) -> Any:
    def log_in(response: Any, **kw: Any) -> Any:
        if response.status_code != 401:
            return response
        response.content  # noqa: B018
        response.raw.release_conn()
        again = response.request.copy()
        again.headers["Authorization"] = "Basic dTpw"
        second = response.connection.send(again, **kw)
        second.history.append(response)
        second.request = again
        return second

    return requests.get(server.url("/basic/u/p"), hooks={"response": log_in})


@scenario("proxy managers are kept by proxy", 33)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.proxies = {"http": f"http://{server.address}"}
    s.get("http://a.test/1")
    s.get("http://b.test/2")
    return list(s.get_adapter("http://a.test").proxy_manager)


@scenario("adapters assigned as a whole", 33)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    s.adapters = {"http://": requests.adapters.HTTPAdapter()}
    return s.get(server.url("/"))


@scenario("connection_pool_kw is what the pool is made with", 33)
def _(requests: Any, server: Any) -> Any:
    a = requests.adapters.HTTPAdapter(pool_maxsize=5, pool_block=True)
    return sorted(a.poolmanager.connection_pool_kw.items(), key=lambda item: item[0])


@scenario("closing the session empties its pools", 33)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    first = s.get(server.url("/a")).json()["connection"]
    s.close()
    return first, s.get(server.url("/b")).json()["connection"]


@scenario("a stream in progress reads on after close", 33)
def _(requests: Any, server: Any) -> Any:
    s = requests.Session()
    response = s.get(server.url("/bytes/50000"), stream=True)
    s.close()
    return len(response.content)


# 13. timeout, proxies, verify, cert


for _timeout in (3, 3.05, (3.05, None), (3.05, 27), None):
    scenario(
        f"timeout={_timeout}",
        13,
        lambda requests, server, timeout=_timeout: requests.get(server.url("/t"), timeout=timeout),
    )
scenario(
    "a timeout of three parts is refused", 13, lambda requests, server: requests.get(server.url("/"), timeout=(1, 2, 3))
)
scenario(
    "a timeout of words is refused", 13, lambda requests, server: requests.get(server.url("/"), timeout=("foo", None))
)
scenario("a timeout below zero is refused", 13, lambda requests, server: requests.get(server.url("/"), timeout=-1))


@scenario("a urllib3 Timeout is taken", 13)
def _(requests: Any, server: Any) -> Any:
    import urllib3

    return requests.get(server.url("/"), timeout=urllib3.Timeout(connect=2, read=3))


for _key in ("http", "http://example.test", "all", "all://example.test"):
    scenario(
        f"a proxy under the key {_key}",
        13,
        lambda requests, server, key=_key: requests.get(
            "http://example.test/x?y#z", proxies={key: f"http://u%40:p@{server.address}"}
        ),
    )
scenario(
    "a proxy without a scheme",
    13,
    lambda requests, server: requests.get("http://example.test/", proxies={"http": server.address}),
)
scenario(
    "http: None means no proxy",
    13,
    lambda requests, server: requests.get(server.url("/direct"), proxies={"http": None}),
)
scenario(
    "a proxy that is not there",
    (13, 18),
    lambda requests, server: requests.get(
        "http://example.test/", proxies={"http": f"http://127.0.0.1:{closed_port()}"}
    ),
)
scenario(
    "a malformed proxy",
    (13, 18),
    lambda requests, server: requests.get("http://example.test/", proxies={"http": "http:///nohost"}),
)


@scenario("the environment's proxy and NO_PROXY", 13)
def _(requests: Any, server: Any) -> Any:
    with mock.patch.dict("os.environ", {"http_proxy": f"http://{server.address}", "no_proxy": "127.0.0.1"}):
        return requests.get("http://example.test/through"), requests.get(server.url("/direct"))


@scenario("CONNECT through a proxy", 13, script=lambda: [[
    receive(), send(b"HTTP/1.1 200 Connection established\r\n\r\n"),
    start_tls(certificates.server_context("secret.test")), receive(), send(response("inside")),
]])  # fmt: skip
def _(requests: Any, server: Any) -> Any:
    proxies = {"https": f"http://u:p@127.0.0.1:{server.port}"}
    return requests.get("https://secret.test/x", proxies=proxies, verify=certificates.ca_path())


@scenario("CONNECT refused with 407", (13, 18), script=lambda: [[
    receive(), send(response("who?", 407, "Proxy Authentication Required")),
]])  # fmt: skip
def _(requests: Any, server: Any) -> Any:
    return requests.get("https://secret.test/x", proxies={"https": f"http://127.0.0.1:{server.port}"})


@scenario("verify=False warns", 13, tls=certificates.server_context)
def _(requests: Any, server: Any) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        response = requests.get(server.url("/"), verify=False)
    return response, [w.category.__name__ for w in caught]


scenario(
    "an unknown authority is an SSLError",
    (13, 18),
    lambda requests, server: requests.get(server.url("/")),
    tls=certificates.server_context,
)
scenario(
    "another host's certificate is an SSLError",
    (13, 18),
    lambda requests, server: requests.get(server.url("/"), verify=certificates.ca_path()),
    tls=lambda: certificates.server_context("other.example"),
)
scenario(
    "verify=path",
    13,
    lambda requests, server: requests.get(server.url("/"), verify=certificates.ca_path()),
    tls=certificates.server_context,
)
scenario(
    "verify= a path that is not there is an OSError",
    (13, 18),
    lambda requests, server: requests.get(server.url("/"), verify="/not/there.pem"),
    tls=certificates.server_context,
)
scenario(
    "cert= a path that is not there is an OSError",
    (13, 18),
    lambda requests, server: requests.get(server.url("/"), verify=False, cert=("/no.pem", "/no.key")),
    tls=certificates.server_context,
)
scenario(
    "a client certificate",
    13,
    lambda requests, server: requests.get(
        server.url("/"), verify=certificates.ca_path(), cert=certificates.client_certificate()
    ),
    tls=certificates.mutual_context,
)
scenario(
    "a client certificate in one file",
    13,
    lambda requests, server: requests.get(
        server.url("/"), verify=certificates.ca_path(), cert=certificates.client_bundle()
    ),
    tls=certificates.mutual_context,
)
