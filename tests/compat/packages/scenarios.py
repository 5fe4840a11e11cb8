"""What popular packages built on requests do against a server on this machine: one short scenario for each.

    python scenarios.py real|ours FILE

`run.py` runs this twice, in an environment where the packages are installed: with the real requests, and with ours in
its place. FILE gets, as JSON, what came of every step and what the server received, made comparable: no port, no
boundary, no User-Agent, headers in the order of their names.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import socket
import sys
import tempfile
import threading
import warnings
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCENARIOS: dict[str, Callable[[Steps], None]] = {}
TEXT = b"line of text\n" * 500
# Differ from run to run, or say which client it is.
NOT_COMPARED = {"user-agent", "x-stripe-client-user-agent", "x-goog-api-client", "date", "x-goog-gcs-idempotency-token"}
# (method, path) -> status, headers, body; a body that is a list is sent in chunks, None closes without a response.
Routes = dict[str, tuple[int, dict[str, str], Any]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        path = self.path.partition("?")[0]
        if path not in self.server.unnoted:
            self.server.received.append(self.told(body))
        found = self.server.routes.get(f"{self.command} {path}") or self.server.routes.get(path)
        status, headers, content = found or (404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}')
        if content is None:
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if isinstance(content, list):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in content:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = respond

    def told(self, body: bytes) -> list[Any]:
        headers = sorted(
            (name.lower(), value) for name, value in self.headers.items() if name.lower() not in NOT_COMPARED
        )
        told = json.dumps([self.command, self.path, headers, body.decode("latin-1")])
        boundary = re.search(r"boundary=\"?([^\s;\"]+)", self.headers.get("Content-Type") or "")
        told = re.sub(r"oauth_signature=[^,]*", "oauth_signature=OVER_THE_PORT", told)
        return json.loads(told.replace(boundary[1], "BOUNDARY") if boundary else told)  # type: ignore[no-any-return]

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: Any = ("127.0.0.1", 0)) -> None:
        self.routes: Routes = {"/gone": (200, {}, None)}
        self.received: list[Any] = []
        self.unnoted: set[str] = set()  # asked for by a thread, now earlier and now later
        super().__init__(address, Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Steps:
    """What a scenario is given: a server, an address that refuses, and a note of every step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Server()
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        with socket.create_server(("127.0.0.1", 0)) as closed:
            self.refused_port = closed.getsockname()[1]
        self.refused = f"http://127.0.0.1:{self.refused_port}"
        self.results: dict[str, Any] = {}

    def route(self, path: str, body: Any = b"", status: int = 200, **headers: str) -> None:
        if isinstance(body, (dict, str)):
            headers.setdefault("Content_Type", "application/json")
            body = (json.dumps(body) if isinstance(body, dict) else body).encode()
        self.server.routes[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    def step(self, name: str, action: Callable[[], Any]) -> None:
        try:
            result = self.shown(action())
        except Exception as error:
            import requests

            kinds = ["RequestException"] if isinstance(error, requests.RequestException) else []
            cause = error.__cause__ or error.__context__
            ours = isinstance(cause, requests.RequestException)
            result = ["raised", type(error).__name__, kinds, type(cause).__name__ if ours else None]
        self.results[name] = result

    def shown(self, value: Any) -> Any:
        if isinstance(value, bytes):
            value = value.decode("latin-1") if len(value) < 200 else hashlib.sha256(value).hexdigest()
        if isinstance(value, (list, tuple)):
            return [self.shown(each) for each in value]
        if isinstance(value, dict):
            return {str(key): self.shown(each) for key, each in value.items()}
        return value if isinstance(value, (int, float, bool, type(None))) else self.even(str(value))

    def even(self, text: str) -> str:
        return text.replace(str(self.port), "PORT").replace(str(self.refused_port), "REFUSED")


def scenario(function: Callable[[Steps], None]) -> Callable[[Steps], None]:
    SCENARIOS[function.__name__.strip("_")] = function
    return function


def gzipped(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=31)
    return coder.compress(data) + coder.flush()


@scenario
def requests_toolbelt(s: Steps) -> None:
    import requests
    from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor, sessions
    from requests_toolbelt.downloadutils.stream import stream_response_to_file

    s.route("/form", TEXT)
    seen: list[int] = []
    form = MultipartEncoder({"a": "1", "f": ("n.txt", io.BytesIO(TEXT), "text/plain")}, boundary="BOUNDARY")
    monitor = MultipartEncoderMonitor(form, lambda each: seen.append(each.bytes_read))
    headers = {"Content-Type": form.content_type}
    s.step("upload", lambda: requests.post(s.url + "/form", data=monitor, headers=headers).status_code)
    s.step("told of all", lambda: seen[-1] == form.len)
    with sessions.BaseUrlSession(s.url) as session:
        s.step("download", lambda: session.get("/form", stream=True).iter_content(100).__class__.__name__)
        target = io.BytesIO()
        s.step("to a file", lambda: stream_response_to_file(session.get("/form", stream=True), target))
        s.step("what is in it", target.getvalue)
        s.step("closed on us", lambda: session.get("/gone"))
    s.step("refused", lambda: requests.get(s.refused))


@scenario
def requests_oauthlib(s: Steps) -> None:
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth1Session, OAuth2Session

    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    s.route("POST /token", {"access_token": "t", "token_type": "Bearer"})
    s.route("/me", {"name": "n"})
    s.route("POST /bad", {"error": "invalid_client"}, 401)
    session = OAuth2Session(client=BackendApplicationClient("id"))
    s.step("token", lambda: session.fetch_token(s.url + "/token", client_id="id", client_secret="s"))
    s.step("used", lambda: session.get(s.url + "/me").json())
    s.step("refused token", lambda: session.fetch_token(s.url + "/bad", client_id="id", client_secret="s"))
    s.step("refused", lambda: session.get(s.refused))
    first = OAuth1Session("key", "secret", "token", "hush", nonce="n", timestamp="1")
    s.step("signed", lambda: first.post(s.url + "/me", data={"a": "1"}).json())


@scenario
def requests_cache(s: Steps) -> None:
    from requests_cache import CachedSession

    s.route("/a", TEXT, Content_Type="text/plain")
    s.route("/z", gzipped(TEXT), Content_Encoding="gzip")
    s.route("/c", [TEXT, TEXT])
    session = CachedSession(backend="memory")
    for path in ("/a", "/z", "/c", "/missing"):
        for again in (1, 2):
            got: list[Any] = []
            s.step(f"{path} {again}", lambda p=path, g=got: g.append(session.get(s.url + p)) or g[0].content)  # type: ignore[misc]
            s.step(
                f"{path} {again} from the cache", lambda g=got: (g[0].from_cache, g[0].status_code, dict(g[0].headers))
            )  # type: ignore[misc]
    s.step("streamed", lambda: b"".join(session.get(s.url + "/z", stream=True).iter_content(50)))
    s.step("refused", lambda: session.get(s.refused))


@scenario
def cachecontrol(s: Steps) -> None:
    import requests
    from cachecontrol import CacheControl

    s.route("/chunked", [TEXT, b"end"], Cache_Control="max-age=600", ETag='"1"')
    s.route("/length", TEXT, Cache_Control="max-age=600")
    s.route("/coded", gzipped(TEXT), Cache_Control="max-age=600", Content_Encoding="gzip")
    session = CacheControl(requests.Session())
    for path in ("/chunked", "/length", "/coded", "/missing", "/gone"):
        for again in (1, 2):
            s.step(
                f"{path} {again}",
                lambda p=path: (lambda response: (response.from_cache, response.content))(session.get(s.url + p)),
            )  # type: ignore[misc]


@scenario
def docker(s: Steps) -> None:
    from docker import APIClient

    s.route("/v1.41/version", {"Version": "1"})
    lines = [json.dumps({"status": f"n{number}"}).encode() + b"\r\n" for number in range(20)]
    s.route("POST /v1.41/images/create", lines)
    s.route("/v1.41/events", lines)
    s.route("/v1.41/containers/json", '[{"Id": "1"}]')
    s.route("/v1.41/containers/1/json", {"Config": {"Tty": True}, "Id": "1"})
    s.route("/v1.41/containers/1/logs", [b"out", b"put"])
    s.route("/v1.41/images/i/get", [TEXT, TEXT], Content_Type="application/x-tar")
    s.route("POST /v1.41/images/load", [b'{"stream": "loaded"}'])
    client = APIClient(base_url=f"tcp://127.0.0.1:{s.port}", version="1.41")
    s.step("version", client.version)
    s.step("pull", lambda: list(client.pull("img", tag="1", stream=True, decode=True)))
    s.step("events", lambda: [each for each, _ in zip(client.events(decode=True), lines, strict=False)])
    s.step("containers", client.containers)
    s.step("logs", lambda: list(client.logs("1", stream=True)))
    s.step("save", lambda: b"".join(client.get_image("i")))
    s.step("load", lambda: list(client.load_image(io.BytesIO(TEXT))))
    s.step("missing", lambda: client.inspect_container("2"))
    s.step("refused", lambda: APIClient(base_url=f"tcp://127.0.0.1:{s.refused_port}", version="1.41").version())


@scenario
def google_cloud_storage(s: Steps) -> None:
    import base64

    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    coded = gzipped(TEXT)
    digest = base64.b64encode(hashlib.md5(coded).digest()).decode()
    s.route("/download/storage/v1/b/bucket/o/coded", coded, Content_Encoding="gzip", X_Goog_Hash=f"md5={digest}")
    plain = base64.b64encode(hashlib.md5(TEXT).digest()).decode()
    s.route("/download/storage/v1/b/bucket/o/plain", TEXT, X_Goog_Hash=f"md5={plain}")
    s.route("/download/storage/v1/b/bucket/o/wrong", TEXT, X_Goog_Hash=f"md5={digest}")
    s.route("POST /upload/storage/v1/b/bucket/o", {"name": "plain", "bucket": "bucket"})
    s.server.unnoted.add("/storage/v1/b/bucket")
    client = storage.Client("project", AnonymousCredentials(), client_options={"api_endpoint": s.url})
    bucket = client.bucket("bucket")
    for name in ("plain", "coded", "wrong", "missing"):
        s.step(name, lambda n=name: bucket.blob(n).download_as_bytes(checksum="md5", timeout=5, retry=None))  # type: ignore[misc]
    s.step("upload", lambda: bucket.blob("plain").upload_from_string(TEXT, timeout=5, checksum=None, retry=None))
    s.step("get", lambda: client.get_bucket("none", timeout=5, retry=None))


@scenario
def google_auth(s: Steps) -> None:
    from google.auth.transport.requests import AuthorizedSession, Request
    from google.oauth2.credentials import Credentials

    s.route("POST /token", {"access_token": "new", "expires_in": 3600})
    s.route("/api", {"a": 1})
    held = Credentials(None, refresh_token="r", token_uri=s.url + "/token", client_id="i", client_secret="s")
    session = AuthorizedSession(held)
    s.step("api", lambda: session.get(s.url + "/api").json())
    s.step("request", lambda: Request()(s.url + "/api").data)
    s.step("refused", lambda: Request()(s.refused))
    s.step("closed", lambda: Request()(s.url + "/gone"))


@scenario
def pygithub(s: Steps) -> None:
    from github import Auth, Github

    s.route("/repos/o/r", {"full_name": "o/r", "name": "r", "url": s.url + "/repos/o/r", "id": 1})
    s.route("POST /repos/o/r/issues", {"number": 7, "title": "t", "url": s.url + "/repos/o/r/issues/7"}, 201)
    hub = Github(base_url=s.url, auth=Auth.Token("hush"), retry=None, timeout=5, seconds_between_requests=None)
    s.step("repository", lambda: hub.get_repo("o/r").full_name)
    s.step("issue", lambda: hub.get_repo("o/r").create_issue("t", "body ü").number)
    s.step("missing", lambda: hub.get_repo("o/none"))
    s.step("refused", lambda: Github(base_url=s.refused, retry=None).get_repo("o/r"))


@scenario
def python_gitlab(s: Steps) -> None:
    from gitlab import Gitlab

    s.route("/api/v4/projects/1", {"id": 1, "name": "n"})
    s.route("POST /api/v4/projects/1/issues", {"iid": 3, "project_id": 1}, 201)
    s.route("POST /api/v4/projects/1/uploads", {"url": "/u", "alt": "a", "markdown": "m"}, 201)
    s.route("/api/v4/projects/1/repository/archive", [TEXT, TEXT])
    lab = Gitlab(s.url, private_token="hush")
    s.step("project", lambda: lab.projects.get(1).name)
    s.step("issue", lambda: lab.projects.get(1).issues.create({"title": "ü"}).iid)
    s.step("upload", lambda: lab.projects.get(1).upload("f.txt", filedata="data"))
    parts: list[bytes] = []
    s.step("archive", lambda: lab.projects.get(1).repository_archive(streamed=True, action=parts.append))
    s.step("its bytes", lambda: b"".join(parts))
    s.step("missing", lambda: lab.projects.get(2))
    s.step("refused", lambda: Gitlab(s.refused).projects.get(1))


@scenario
def jira(s: Steps) -> None:
    from jira import JIRA

    s.route("/rest/api/2/issue/A-1", {"id": "1", "key": "A-1", "self": s.url + "/i", "fields": {"summary": "sum"}})
    s.route("POST /rest/api/2/issue/A-1/attachments", '[{"id": "5", "self": "x", "filename": "f.txt"}]')
    site = JIRA(s.url, basic_auth=("u", "p"), get_server_info=False, max_retries=0, timeout=5)
    s.step("issue", lambda: site.issue("A-1").fields.summary)
    s.step("attachment", lambda: site.add_attachment("A-1", io.BytesIO(b"data"), filename="f.txt").id)
    s.step("missing", lambda: site.issue("A-2"))
    s.step("refused", lambda: JIRA(s.refused, get_server_info=False, max_retries=0, timeout=5).issue("A-1"))


@scenario
def zeep(s: Steps) -> None:
    from zeep.transports import Transport

    s.route("/wsdl", b"<definitions/>", Content_Type="text/xml")
    s.route("POST /soap", b"<Envelope/>", Content_Type="text/xml")
    s.route("POST /fault", b"<Fault/>", 500)
    transport = Transport(timeout=5)
    s.step("wsdl", lambda: transport.load(s.url + "/wsdl"))
    s.step("call", lambda: transport.post(s.url + "/soap", "<a>ü</a>".encode(), {"SOAPAction": "a"}).content)
    s.step("fault", lambda: transport.post(s.url + "/fault", b"<a/>", {}).status_code)
    s.step("missing", lambda: transport.load(s.url + "/missing"))
    s.step("refused", lambda: transport.load(s.refused))


@scenario
def pooch(s: Steps) -> None:
    import pooch

    s.route("/data.bin", TEXT)
    digest = "sha256:" + hashlib.sha256(TEXT).hexdigest()

    def get(url: str, known: str) -> bytes:
        return Path(pooch.retrieve(url, known, path=s.folder, fname=known[-4:], progressbar=False)).read_bytes()

    s.step("retrieved", lambda: get(s.url + "/data.bin", digest))
    s.step("wrong hash", lambda: get(s.url + "/data.bin", "sha256:" + "0" * 64))
    s.step("missing", lambda: get(s.url + "/missing", "sha256:" + "1" * 64))
    s.step("refused", lambda: get(s.refused + "/x", "sha256:" + "2" * 64))


@scenario
def spotipy(s: Steps) -> None:
    import spotipy

    s.route("/tracks/1", {"name": "song"})
    s.route("/tracks/2", {"error": {"message": "bad id"}}, 400)
    client = spotipy.Spotify(auth="hush", retries=0, status_retries=0, requests_timeout=5)
    client.prefix = s.url + "/"
    s.step("track", lambda: client._get("tracks/1"))
    s.step("error", lambda: client._get("tracks/2"))
    s.step("not json", lambda: client._get("missing/x", a="ü&b"))
    client.prefix = s.refused + "/"
    s.step("refused", lambda: client._get("tracks/1"))


@scenario
def stripe(s: Steps) -> None:
    import stripe

    s.route("/v1/customers/c", {"id": "c", "object": "customer"})
    s.route("POST /v1/customers", {"id": "d", "object": "customer"})
    s.route("/v1/customers/e", {"error": {"message": "m", "type": "card_error", "code": "c"}}, 402)
    made = stripe.RequestsClient(timeout=5)
    client = stripe.StripeClient("sk", http_client=made, base_addresses={"api": s.url}, max_network_retries=0)
    options: Any = {"idempotency_key": "k"}
    s.step("get", lambda: client.v1.customers.retrieve("c").id)
    s.step("post", lambda: client.v1.customers.create({"name": "ü", "metadata": {"a": "1"}}, options).id)
    s.step("declined", lambda: client.v1.customers.retrieve("e"))
    other = stripe.StripeClient("sk", http_client=made, base_addresses={"api": s.refused}, max_network_retries=0)
    s.step("refused", lambda: other.v1.customers.retrieve("c"))


@scenario
def msal(s: Steps) -> None:
    from msal.oauth2cli.oauth2 import Client

    s.route("POST /token", {"access_token": "a", "expires_in": 5})
    s.route("POST /bad", {"error": "invalid_grant"}, 400)
    for name, url in (("token", s.url + "/token"), ("bad", s.url + "/bad"), ("refused", s.refused)):
        client = Client({"token_endpoint": url}, "id", client_secret="hush", timeout=5)
        s.step(name, lambda c=client: c.obtain_token_for_client(scope=["a", "b"]))  # type: ignore[misc]


@scenario
def hvac(s: Steps) -> None:
    import hvac

    s.route("/v1/secret/data/a", {"data": {"data": {"k": "v"}}})
    s.route("POST /v1/secret/data/a", {"data": {"version": 2}})
    s.route("/v1/secret/data/forbidden", {"errors": ["denied"]}, 403)
    client = hvac.Client(s.url, token="hush", timeout=5)
    store = client.secrets.kv.v2
    s.step("read", lambda: store.read_secret_version("a", raise_on_deleted_version=True))
    s.step("write", lambda: store.create_or_update_secret("a", {"k": "ü"}))
    s.step("missing", lambda: store.read_secret_version("b", raise_on_deleted_version=True))
    s.step("forbidden", lambda: store.read_secret_version("forbidden", raise_on_deleted_version=True))
    s.step("refused", lambda: hvac.Client(s.refused).secrets.kv.v2.read_secret_version("a"))


@scenario
def telebot(s: Steps) -> None:
    from telebot import TeleBot, apihelper

    apihelper.API_URL = s.url + "/bot{0}/{1}"
    chat = {"id": 1, "type": "private"}
    s.route("/bot1:t/getMe", {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "b"}})
    s.route("POST /bot1:t/sendDocument", {"ok": True, "result": {"message_id": 5, "date": 1, "chat": chat}})
    s.route("POST /bot1:t/sendMessage", {"ok": False, "error_code": 400, "description": "bad"}, 400)
    bot = TeleBot("1:t")
    s.step("me", lambda: bot.get_me().first_name)
    s.step("message", lambda: bot.send_message(1, "text ü"))
    s.step("document", lambda: bot.send_document(1, ("a.txt", b"data")).message_id)
    apihelper.API_URL = s.refused + "/bot{0}/{1}"
    s.step("refused", bot.get_me)


@scenario
def yt_dlp(s: Steps) -> None:
    from yt_dlp import YoutubeDL
    from yt_dlp.networking import Request

    s.route("/v.mp4", TEXT, Content_Type="video/mp4", Accept_Ranges="bytes")
    s.route("/moved", b"", 302, Location="/v.mp4")
    s.route("/coded", gzipped(TEXT), Content_Encoding="gzip")
    options: Any = {"quiet": True, "no_warnings": True, "noprogress": True, "retries": 0, "extractor_retries": 0}
    options |= {"outtmpl": str(s.folder / "v.mp4"), "logger": Silent(), "socket_timeout": 5, "cachedir": False}
    with YoutubeDL(options) as found:
        handlers = [type(each).__name__ for each in found._request_director.handlers.values()]
        s.step("handlers", lambda: sorted(handlers))
        s.step("page", lambda: found.urlopen(Request(s.url + "/coded")).read())
        s.step("moved", lambda: found.urlopen(s.url + "/moved").url)
        s.step("post", lambda: found.urlopen(Request(s.url + "/v.mp4", data=b"a=1", headers={"X-A": "b"})).status)
        s.step("download", lambda: found.download([s.url + "/v.mp4"]))
        s.step("its bytes", lambda: (s.folder / "v.mp4").read_bytes())
        s.step("missing", lambda: found.urlopen(s.url + "/missing"))
        s.step("closed", lambda: found.urlopen(s.url + "/gone"))
        s.step("refused", lambda: found.urlopen(s.refused))


class Silent:
    def debug(self, text: str) -> None:
        pass

    warning = error = debug


@scenario
def cloudscraper(s: Steps) -> None:
    import cloudscraper

    s.route("/a", TEXT, Set_Cookie="k=v")
    scraper = cloudscraper.create_scraper(browser={"custom": "agent"})
    s.step("page", lambda: scraper.get(s.url + "/a").text)
    s.step("cookie", lambda: scraper.get(s.url + "/a").request.headers["Cookie"])
    s.step("missing", lambda: scraper.get(s.url + "/b").status_code)
    s.step("refused", lambda: scraper.get(s.refused))


@scenario
def consul(s: Steps) -> None:
    import consul

    s.route("GET /v1/kv/a", '[{"Key": "a", "Value": "djE=", "ModifyIndex": 1}]', X_Consul_Index="1")
    s.route("PUT /v1/kv/a", "true")
    s.route("/v1/kv/bad", b"boom", 500)
    client = consul.Consul("127.0.0.1", s.port)
    s.step("get", lambda: client.kv.get("a"))
    s.step("put", lambda: client.kv.put("a", "ü"))
    s.step("missing", lambda: client.kv.get("none"))
    s.step("error", lambda: client.kv.get("bad"))
    s.step("refused", lambda: consul.Consul("127.0.0.1", s.refused_port).kv.get("a"))


@scenario
def influxdb(s: Steps) -> None:
    from influxdb import InfluxDBClient

    s.route("POST /write", b"", 204)
    s.route("/query", {"results": [{"series": [{"name": "m", "columns": ["v"], "values": [[1]]}]}]})
    client = InfluxDBClient("127.0.0.1", s.port, "u", "p", "db", retries=1)
    s.step("write", lambda: client.write_points([{"measurement": "m", "fields": {"v": 1}, "time": 1}]))
    s.step("query", lambda: list(client.query("SELECT v FROM m").get_points()))
    s.step("ping", client.ping)
    s.step("refused", lambda: InfluxDBClient("127.0.0.1", s.refused_port, retries=1).query("q"))


@scenario
def pysolr(s: Steps) -> None:
    import pysolr

    s.route("/solr/select/", {"response": {"numFound": 1, "docs": [{"id": "1"}]}})
    s.route("POST /solr/update/", {"responseHeader": {"status": 0}})
    client = pysolr.Solr(s.url + "/solr", timeout=5)
    s.step("search", lambda: [each["id"] for each in client.search("a b&c:ü")])
    s.step("add", lambda: client.add([{"id": "2", "t": "ü"}]))
    s.step("missing", lambda: pysolr.Solr(s.url + "/none", timeout=5).search("a"))
    s.step("refused", lambda: pysolr.Solr(s.refused, timeout=5).search("a"))


@scenario
def requests_unixsocket(s: Steps) -> None:
    import requests
    import requests_unixsocket

    path = s.folder / "s.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(4)

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    head = peer.recv(65536).partition(b"\r\n")[0]
                    peer.sendall(
                        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head)
                    )

        threading.Thread(target=serve, daemon=True).start()
        url = "http+unix://" + str(path).replace("/", "%2F")
        s.step("refused without it", lambda: requests.get(url + "/a"))
        session = requests_unixsocket.Session()
        s.step("get", lambda: session.get(url + "/a?b=1").text)
        s.step("no such socket", lambda: session.get("http+unix://%2Fnone%2Fs/"))
        with requests_unixsocket.monkeypatch():
            s.step("monkeypatched", lambda: requests.get(url + "/b").text)
        s.step("put back", lambda: requests.get(url + "/a"))


def main() -> None:
    which, file = sys.argv[1:]
    if which == "ours":
        import httpcore_lite

        httpcore_lite.install_as_requests()
    import requests

    assert requests.Session.__module__.partition(".")[0] == ("httpcore_lite" if which == "ours" else "requests")
    warnings.simplefilter("ignore")
    told: dict[str, Any] = {}
    for name, run in SCENARIOS.items():
        with tempfile.TemporaryDirectory() as folder:
            steps = Steps(Path(folder))
            steps.step("the scenario itself", lambda: run(steps))  # noqa: B023
            steps.server.shutdown()
            told[name] = {
                "results": steps.results,
                "received": json.loads(steps.even(json.dumps(steps.server.received)).replace(folder, "FOLDER")),
            }
    Path(file).write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
