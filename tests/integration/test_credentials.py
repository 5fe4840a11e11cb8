"""What is secret reaches only those for which it was given, whatever redirects say; as seen by servers."""

from __future__ import annotations

import base64
import hashlib
import logging
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import httpcore_lite as client
from support.certificates import authority, ca_path, client_bundle, client_certificate, server_context
from support.messages import Received, response
from support.scripted import Conversation, Peer, call, forever, receive, send
from support.servers import EchoServer, ProxyServer, Routes, connect_script

#: The servers in the order in which they are asked.
ROUTES = {
    "same origin": ("home", "home"),
    "other port": ("home", "other"),
    "other host": ("home", "far"),
    "http to https": ("home", "tls"),
    "https to http": ("tls", "home"),
    "there and back": ("home", "other", "home"),
    "forwarding proxy": ("home", "home"),
    "forwarding proxy, other origin": ("home", "other"),
    "CONNECT": ("tls", "tls"),
    "CONNECT, other origin": ("tls", "tls2"),
}
PROXIED = {name for name in ROUTES if "proxy" in name or "CONNECT" in name}


def everywhere(digit: str) -> dict[str, str]:
    """The same digit for every stop of every route."""
    return {name: digit * len(stops) for name, stops in ROUTES.items()}


# A digit for each stop: whether its server is told. Not even the first origin is told again behind another one, as in
# requests, unless it is looked up or asked for anew.
_ONCE = {name: "1" + "0" * (len(stops) - 1) for name, stops in ROUTES.items()}
_ORIGIN = {**_ONCE, "same origin": "11", "forwarding proxy": "11", "CONNECT": "11"}
_ORIGIN_AGAIN = {**_ORIGIN, "there and back": "101"}
_HOST = {**everywhere("1"), "other host": "10"}
_TLS_ONLY = {name: "".join("1" if stop.startswith("tls") else "0" for stop in stops) for name, stops in ROUTES.items()}
#: kind of secret -> route -> which servers get it
TOLD = {
    "Authorization": _ORIGIN,
    "Authorization of the session": _ORIGIN,
    "Session.auth": _ORIGIN,
    "auth=": _ORIGIN,
    "userinfo": _ORIGIN,
    "digest": _ORIGIN_AGAIN,
    "netrc": _ORIGIN_AGAIN,
    "Cookie": _ONCE,
    "cookies=": {**_HOST, "https to http": "10"},  # what https has carried goes by https only
    "jar": _HOST,  # cookies know no ports (RFC 6265 section 8.5)
    "secure cookie in the jar": _TLS_ONLY,
    "cookie without a domain in the jar": everywhere("1"),  # the program's own word: wherever the session goes
    "Proxy-Authorization": {name: "00" if name in PROXIED else told for name, told in _ONCE.items()},
    "proxy's userinfo": everywhere("0"),
    "cert=": {**_TLS_ONLY, "http to https": "00", "CONNECT, other origin": "10"},
    "Session.cert": _TLS_ONLY,
}


class Stops(Routes):
    """`/stop/N?to=URL` redirects, `/stop/N` is the end; with `challenge=1` both ask for digest first."""

    def on_stop(self, request: Received, rest: list[str], query: list[tuple[str, str]]) -> bytes:
        options = dict(query)
        if "challenge" in options and not (request.get("Authorization") or "").startswith("Digest"):
            return self.on_digest(request, ["nobody"], [])
        return self.on_redirect(request, ["302"], [("to", options["to"])]) if "to" in options else self.echo(request)


class Witness(EchoServer):
    """A server that remembers at which stop of a chain it was told something."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.told: dict[int, set[str]] = {}
        self.scripts = [[forever(receive(), call(self._note), send(Stops()))]]

    def _note(self, talk: Conversation) -> None:
        assert talk.request is not None
        names = {name.lower() for name, value in talk.request.headers if value}
        if isinstance(talk.sock, ssl.SSLSocket) and talk.sock.getpeercert():
            names.add("certificate")
        stop = int(talk.request.target.split("/stop/")[1].partition("?")[0])
        self.told[stop] = self.told.get(stop, set()) | names


def asking_context() -> ssl.SSLContext:
    """A server's context that takes a client certificate of our authority, and serves those without one as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority().configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


class World:
    """Two servers without TLS, two with, and a proxy."""

    def __init__(self, stack: ExitStack) -> None:
        self.home = stack.enter_context(Witness())
        self.other = self.far = stack.enter_context(Witness())
        self.tls = stack.enter_context(Witness(asking_context()))
        self.tls2 = stack.enter_context(Witness(asking_context()))
        self.proxy = stack.enter_context(ProxyServer())

    def forget(self) -> None:
        for server in (self.home, self.other, self.tls, self.tls2):
            server.told.clear()
        self.proxy.requests.clear()

    def url(self, route: str, *, challenge: bool = False) -> str:
        """The first URL of a route, which leads to the next, and so on."""
        stops = ROUTES[route]
        url = ""
        for index, name in reversed(list(enumerate(stops))):
            asks = challenge and index in (0, len(stops) - 1)
            query = [*(["challenge=1"] if asks else []), *([f"to={quote(url, safe='')}"] if url else [])]
            server: Witness = getattr(self, name)
            host = "localhost" if name == "far" else "127.0.0.1"
            url = server.url(f"/stop/{index}" + ("?" + "&".join(query) if query else ""), host=host)
        return url

    def told(self, route: str, field: str) -> str:
        """A digit for each stop of a route: whether its server was sent the field there."""
        return "".join(str(int(field in getattr(self, name).told[index])) for index, name in enumerate(ROUTES[route]))


@pytest.fixture(scope="module")
def servers() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


@pytest.fixture
def world(servers: World) -> World:
    """The servers, none of which was told anything."""
    servers.forget()
    return servers


FIELDS = {"Cookie": "cookie", "cookies=": "cookie", "cert=": "certificate", "Session.cert": "certificate"}
FIELDS |= {"Proxy-Authorization": "proxy-authorization", "proxy's userinfo": "proxy-authorization"}
FIELDS |= {kind: "cookie" for kind in TOLD if "jar" in kind}


# The password, as it is, in Basic, and in what a digest is computed to.
SECRETS = ("s3cret", base64.b64encode(b"user:s3cret").decode(), "response=", "cnonce=")


def ask(kind: str, route: str, world: World, netrc: Path, events: list[tuple[str, dict[str, Any]]]) -> client.Response:
    """Go the way of a route with a secret of some kind; what a trace function is told is appended to `events`."""
    url = world.url(route, challenge=kind == "digest")
    with client.Session(trace=lambda event, info: events.append((event, info))) as session:
        session.verify = ca_path()
        given: dict[str, Any] = {}
        if kind in ("Authorization", "Proxy-Authorization"):
            given["headers"] = {kind: "Bearer s3cret"}
        elif kind == "Cookie":
            given["headers"] = {"Cookie": "hand=s3cret"}
        elif kind == "Authorization of the session":
            session.headers["Authorization"] = "Bearer s3cret"
        elif kind == "Session.auth":
            session.auth = ("user", "s3cret")
        elif kind == "auth=":
            given["auth"] = ("user", "s3cret")
        elif kind == "digest":
            given["auth"] = client.auth.HTTPDigestAuth("user", "s3cret")
        elif kind == "netrc":
            netrc.write_text("machine 127.0.0.1 login user password s3cret\n")
        elif kind == "userinfo":
            url = url.replace("://", "://user:s3cret@", 1)
        elif kind == "cookies=":
            given["cookies"] = {"once": "s3cret"}
        elif kind == "cert=":
            given["cert"] = client_certificate()
        elif kind == "Session.cert":
            session.cert = client_certificate()
        elif kind == "jar":
            session.cookies.set("kept", "s3cret", domain="127.0.0.1", path="/")
        elif kind == "secure cookie in the jar":
            session.cookies.set("kept", "s3cret", domain="127.0.0.1", path="/", secure=True)
        elif kind == "cookie without a domain in the jar":
            session.cookies.set("kept", "s3cret")
        if route in PROXIED or kind == "proxy's userinfo":
            user = "user:s3cret@" if kind == "proxy's userinfo" else ""
            session.proxies = {"all": world.proxy.url("", host=f"{user}127.0.0.1")}
        return session.get(url, timeout=5, **given)


@pytest.mark.parametrize(
    ("kind", "route"), [pytest.param(kind, route, id=f"{kind}, {route}") for kind in TOLD for route in ROUTES]
)
def test_secrets_reach_those_for_whom_they_were_given_and_no_log(
    kind: str,
    route: str,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    events: list[tuple[str, dict[str, Any]]] = []
    with caplog.at_level(logging.DEBUG, "httpcore_lite"):
        final = ask(kind, route, world, tmp_path / "netrc", events)
    assert final.history
    assert world.told(route, FIELDS.get(kind, "authorization")) == TOLD[kind][route]
    proxied = world.proxy.requests
    if kind == "proxy's userinfo":
        assert proxied
        assert all(each.get("Proxy-Authorization") for each in proxied)
    for each in proxied:
        # A tunnel shows its proxy nothing but where it leads.
        if each.method == "CONNECT":
            assert "s3cret" not in each.head.decode("latin-1")
            assert {name.lower() for name, _ in each.headers} <= {"host", "proxy-authorization"}
    written = "\n".join(record.getMessage() for record in caplog.records)
    for said in (written, repr(events)):
        assert " leads to " in said or "request.redirected" in said
        assert not any(secret in said for secret in SECRETS)


# -- what the table has no place for ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Authorization", "auth=", "netrc", "userinfo"])
def test_from_http_on_80_to_https_on_443_of_the_same_host_they_go_along(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine home.test login user password s3cret\n")
    if kind == "netrc":
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    given: dict[str, Any] = {"auth=": {"auth": ("user", "s3cret")}}.get(kind, {})
    if kind == "Authorization":
        given = {"headers": {kind: "Basic s3cret"}}
    url = "http://user:s3cret@home.test/" if kind == "userinfo" else "http://home.test/"
    secure = connect_script(server_context("home.test"), receive(), send(response("ok")))
    with Peer([receive(), send(response("", 301, "Moved", [("Location", "https://home.test/")]))], secure) as proxy:
        received = client.get(url, proxies={"all": proxy.url("")}, verify=ca_path(), timeout=5, **given)
    assert received.text == "ok"
    assert [each.method for each in proxy.requests] == ["GET", "CONNECT", "GET"]
    assert [bool(each.get("Authorization")) for each in proxy.requests] == [True, False, True]


def test_netrc_has_a_word_for_each_host_and_none_for_others(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login user password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    client.get(world.url("other host"), timeout=5)
    assert world.told("other host", "authorization") == "01"
    world.forget()
    client.get(world.url("other port"), timeout=5)
    assert world.told("other port", "authorization") == "00"
    with client.Session() as session:
        session.trust_env = False
        session.get(world.far.url("/stop/5", host="localhost"), timeout=5)
    assert "authorization" not in world.far.told[5]


@pytest.mark.parametrize("second", ["another proxy", "no proxy"])
def test_one_proxys_credentials_reach_no_other_proxy_and_no_origin(second: str, world: World) -> None:
    with ProxyServer() as another, client.Session() as session:
        session.trust_env = False
        session.proxies = {"http": world.proxy.url("", host="user:s3cret@127.0.0.1")}
        session.proxies["http://localhost"] = another.url("") if second == "another proxy" else ""
        assert session.get(world.url("other host"), timeout=5).history
        assert [bool(each.get("Proxy-Authorization")) for each in world.proxy.requests] == [True]
        assert [each.get("Proxy-Authorization") for each in another.requests] == [None] * (second == "another proxy")
        assert world.told("other host", "proxy-authorization") == "00"


def test_an_origin_that_plays_the_proxy_is_told_nothing(world: World) -> None:
    basic = response("who?", 407, "Proxy Authentication Required", [("Proxy-Authenticate", 'Basic realm="p"')])
    digest = response("who?", 407, "No", [("Proxy-Authenticate", 'Digest realm="p", nonce="n", qop="auth"')])
    proxy = world.proxy.url("", host="user:s3cret@127.0.0.1")
    for refusal in (basic, digest):
        with Peer([forever(receive(), send(refusal))], tls=server_context(), repeat=True) as peer:
            tunnelled = client.get(peer.url("/"), proxies={"all": proxy}, verify=ca_path(), timeout=5)
            direct = client.get(peer.url("/"), auth=("user", "s3cret"), proxies=False, verify=ca_path(), timeout=5)
        assert (tunnelled.status_code, direct.status_code) == (407, 407)
        assert [each.get("Proxy-Authorization") for each in peer.requests] == [None, None]


class AskingProxy(ProxyServer):
    """A proxy behind TLS that notes which clients have shown it a certificate."""

    def __init__(self) -> None:
        super().__init__(tls=asking_context())
        self.shown: list[bool] = []

    def _serve(self, talk: Conversation) -> None:
        assert isinstance(talk.sock, ssl.SSLSocket)
        self.shown.append(bool(talk.sock.getpeercert()))
        super()._serve(talk)


@pytest.mark.parametrize("way", ["cert=", "Session.cert"])
def test_a_clients_certificate_is_for_the_origin_and_not_for_a_proxy(way: str, world: World) -> None:
    with AskingProxy() as proxy, client.Session() as session:
        session.verify, session.proxies = ca_path(), {"all": proxy.url("", scheme="https")}
        given = {"cert": client_certificate()} if way == "cert=" else {}
        session.cert = None if given else client_certificate()
        session.get(world.tls.url("/stop/1"), timeout=5, **given)
        session.get(world.home.url("/stop/1"), timeout=5, **given)
        assert proxy.shown == [False, False]
    assert "certificate" in world.tls.told[1]


def test_a_url_to_which_a_redirect_leads_brings_no_credentials_of_its_own(world: World) -> None:
    target = world.other.url("/stop/1", host="user:s3cret@127.0.0.1")
    response = client.get(world.home.url("/stop/0?to=" + quote(target, safe="")), timeout=5)
    assert response.history
    assert world.told("other port", "authorization") == "00"


def test_netrc_sends_nothing_in_the_clear_that_https_was_used_for(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://localhost leads to http://127.0.0.1, for which netrc has a login: it would go in the clear."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    plain = quote(world.home.url("/stop/1"), safe="")
    client.get(world.tls.url(f"/stop/0?to={plain}", host="localhost"), verify=ca_path(), timeout=5)
    assert "authorization" not in world.home.told[1]
    # The other way round, and where https has led no further, it goes as ever.
    secure = quote(world.tls.url("/stop/1"), safe="")
    client.get(world.home.url(f"/stop/0?to={secure}", host="localhost"), verify=ca_path(), timeout=5)
    assert "authorization" in world.tls.told[1]


#: URLs in which parsers see different hosts, with a port to fill in; some cannot be requested at all.
TRICKY = [
    "http://evil.test:{p}\\@secret.test/", "http://evil.test:{p}\\@secret.test:80/", "http://evil.test:{p}/\\@secret.test/",
    "http://secret.test:{p}\\@evil.test/", "http://a@secret.test@evil.test:{p}/", "http://secret.test@evil.test:{p}/",
    "http://evil.test:{p}#@secret.test/", "http://evil.test:{p}?@secret.test/", "http://evil.test:{p}/@secret.test/",
    "http://secret.test%40evil.test:{p}/", "http://evil.test:{p}%2f@secret.test/", "http://secret.test%2fx@evil.test:{p}/",
    "http://secret.test:x/y@evil.test:{p}/", "http://evil.test\t:{p}\\@secret.test/", "http://evil.test:{p}\n@secret.test/",
    "http://evil.test:{p}\\\t@secret.test/", "http://SECRET.test:{p}/", "http://secret.test.:{p}/", "http://%73ecret.test:{p}/",
    "  http://secret.test:{p}/", "HTTP://secret.test:{p}", "http://secret\u3002test:{p}/", "http://\uff53ecret.test:{p}/",
    "http:///secret.test:{p}/", "http:/secret.test:{p}/", "//secret.test:{p}/",
    "http://b\u00fccher.test:{p}/", "http://B\u00dcCHER.test:{p}/", "http://xn--bcher-kva.test:{p}/", "http://[::1]:{p}/",
    "http://evil.test:{p}/[secret.test]", "http://[secret.test]:{p}/", "http://evil.test;secret.test:{p}/",
    "http://evil.test:0{p}/", "http://evil.test:{p}\\@secret.test\\@other.test/",
]  # fmt: skip
LOGINS = ("evil.test", "secret.test", "xn--bcher-kva.test", "::1", "other.test")


@pytest.mark.parametrize("behind", ["", "a redirect", "NO_PROXY"])
@pytest.mark.parametrize("tricky", TRICKY)
def test_netrc_and_no_proxy_are_asked_for_the_host_that_is_connected_to(
    tricky: str, behind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"machine {host} login {number} password s3cret\n" for number, host in enumerate(LOGINS)]
    (tmp_path / "netrc").write_text("".join(lines))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with EchoServer() as server, EchoServer() as proxy, client.Session(resolver=resolver) as session:
        if behind == "NO_PROXY":
            monkeypatch.setenv("no_proxy", "evil.test,::1")
            monkeypatch.setenv("http_proxy", proxy.url(""))
        url = tricky.format(p=server.port)
        try:
            if behind == "a redirect":
                url = server.url("/redirect/302?to=" + quote(url, safe=""), host="start.test")
            session.get(url, timeout=5)
        except client.RequestException:
            pass  # what cannot be requested
        for host, request in zip(asked, server.requests, strict=False):
            said = request.get("Authorization")
            if host in LOGINS:
                wanted = base64.b64encode(f"{LOGINS.index(host)}:s3cret".encode()).decode()
                assert said == f"Basic {wanted}"
            elif said is not None:
                assert b"s3cret" not in base64.b64decode(said.partition(" ")[2])
        for request in proxy.requests:
            assert not request.target.startswith(("http://evil.test:", "http://evil.test/", "http://[::1]"))


def test_a_prepared_request_that_was_changed_by_hand_has_the_same_host_for_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cookies, credentials, NO_PROXY and proxies by host of a URL that was not prepared."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with EchoServer() as server, ProxyServer() as proxy, client.Session() as session:
        monkeypatch.setenv("http_proxy", proxy.url(""))
        session.cookies.set("own", "1", domain="127.0.0.1")
        session.cookies.set("other", "1", domain="secret.test")
        prepared = session.prepare_request(client.Request("GET", "http://secret.test/"))
        prepared.url = f"http://127.0.0.1:{server.port}\\@secret.test/"
        del prepared.headers["Cookie"]
        prepared.prepare_cookies(session.cookies)
        session.send(prepared, timeout=5)
        assert session.should_strip_auth("http://secret.test/", str(prepared.url))
        assert client.utils.select_proxy(str(prepared.url), {"http://secret.test": "p"}) is None
        assert client.utils.get_auth_from_url(str(prepared.url)) == ("", "")
    assert proxy.requests == []
    assert [each.get("Cookie") for each in server.requests] == ["own=1"]


# -- a connection is for the settings that it was made with ------------------------------------------------------------


class Choosing(client.adapters.HTTPAdapter):
    """An adapter whose TLS settings, in urllib3's words, may change from request to request."""

    settings: dict[str, Any] = {}

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, settings = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {**settings, **self.settings}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_connection_is_never_used_under_other_tls_settings(tmp_path: Path) -> None:
    """Every two rows of the table, in both orders: each has connections of its own, and uses those again."""
    same_ca, chain = str(tmp_path / "same.pem"), client_certificate()
    Path(same_ca).write_bytes(authority().cert_pem.bytes())
    context = ssl.create_default_context(cafile=ca_path())
    another = ssl.create_default_context(cafile=ca_path())
    with ExitStack() as stack:
        server = stack.enter_context(EchoServer(tls=asking_context()))
        proxy, second = stack.enter_context(ProxyServer()), stack.enter_context(ProxyServer())
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))
        begun = server.connections
        verified = {"verify": ca_path()}
        #: what the call says, what the adapter says
        table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "a CA": (verified, {}),
            "the same CA in another file": ({"verify": same_ca}, {}),
            "a CA in memory": (verified, {"ca_certs": None, "ca_cert_data": authority().cert_pem.bytes().decode()}),
            "no verification": ({"verify": False}, {}),
            "a context": ({"verify": context}, {}),
            "another context": ({"verify": another}, {}),
            "a client certificate": ({**verified, "cert": chain}, {}),
            "the same one in one file": ({**verified, "cert": client_bundle()}, {}),
            "the same one in memory": ({**verified, "cert": tuple(Path(each).read_bytes() for each in chain)}, {}),
            "a password for its key": ({**verified, "cert": chain}, {"key_password": "unneeded"}),
            "a pin": (verified, {"assert_fingerprint": hashlib.sha256(der).hexdigest()}),
            "a pin of another kind": (verified, {"assert_fingerprint": hashlib.sha1(der).hexdigest()}),
            "a pin without verification": ({"verify": False}, {"assert_fingerprint": hashlib.sha256(der).hexdigest()}),
            "a name to ask for": (verified, {"server_hostname": "localhost"}),
            "a name to check": (verified, {"assert_hostname": "localhost"}),
            "no name to check": (verified, {"assert_hostname": False}),
            "a lowest version": (verified, {"ssl_minimum_version": ssl.TLSVersion.TLSv1_3}),
            "a highest version": (verified, {"ssl_maximum_version": ssl.TLSVersion.TLSv1_2}),
            "a proxy": ({**verified, "proxies": {"https": proxy.url("")}}, {}),
            "another proxy": ({**verified, "proxies": {"https": second.url("")}}, {}),
            "a user at the proxy": ({**verified, "proxies": {"https": proxy.url("", host="u:p@127.0.0.1")}}, {}),
            "another user there": ({**verified, "proxies": {"https": proxy.url("", host="u:q@127.0.0.1")}}, {}),
            "a proxy, unverified": ({"verify": False, "proxies": {"https": proxy.url("")}}, {}),
        }
        session = stack.enter_context(client.Session())
        session.trust_env = False
        adapter = Choosing(pool_connections=50)
        session.mount("https://", adapter)
        used: dict[str, int] = {}
        for row in (*table, *table, *reversed(table)):
            call, adapter.settings = table[row]
            response = session.get(server.url("/"), timeout=5, **call)
            connection = response.json()["connection"]
            assert used.setdefault(row, connection) == connection
            assert response.connection_info is not None
            assert not response.connection_info.resumed  # nor is a TLS session of another row
        assert len(set(used.values())) == len(table)
        assert server.connections - begun == len(table)
