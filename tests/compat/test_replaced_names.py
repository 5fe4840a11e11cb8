"""Makers of forms, managers and pools, and other names, which programs replace or bring themselves, are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.patches import run
from support.servers import EchoServer

FORMS = """
import urllib3, urllib3.filepost, urllib3.fields
def body():
    files = {"f": ("n.txt", b"data"), "g": open(__FILE__, "rb")}
    echo = session.post(url + "/p", data={"a": "1"}, files=files).json()
    return echo["body"].replace("\\r\\n", "|")
with mock.patch("urllib3.filepost.choose_boundary", lambda: "fixed"):
    print("--fixed|" in body() and body().endswith("--fixed--|"))
    original = urllib3.fields.format_multipart_header_param
    plain = lambda name, value: f"{name}={value}" if name == "filename" else original(name, value)
    with mock.patch("urllib3.fields.format_multipart_header_param", plain):
        print('name="f"; filename=n.txt|' in body())
    print('filename="n.txt"' in body())
    class Field(urllib3.fields.RequestField):
        def __init__(self, **kw):
            super().__init__(**{**kw, "data": bytes(kw["data"]).upper()})
    with mock.patch(client.models.__name__ + ".RequestField", Field):
        print("|DATA|" in body(), body().count("HELLO"))
    print("|data|" in body())
encode = lambda fields: (repr(len(fields)).encode(), "x/y")
with mock.patch(client.models.__name__ + ".encode_multipart_formdata", encode):
    print(body())
print("fixed" in body())
with mock.patch("urllib3.poolmanager.ProxyManager") as manager:
    client.adapters.HTTPAdapter().proxy_manager_for("http://127.0.0.1:1", ssl_version=3)
    told = manager.call_args.kwargs
    print(told["ssl_version"], told["proxy_url"], "shared" in told)
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_replaced_makers_of_forms_and_of_proxy_managers_are_called(client: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    with EchoServer() as server:
        lines = run(client, FORMS.replace("__FILE__", repr(str(tmp_path / "file"))), server.url(""))
    assert lines == ["True", "True", "True", "True 1", "True", "3", "False", "3 http://127.0.0.1:1 False"]


ESCAPES = """
import re, urllib3.util.url
targets = lambda: session.get(url + "/a%2fb%zz", params={"q": "%c3"} and "q=%c3%A9").json()["target"]
before = targets()
class Kept:
    @staticmethod
    def subn(repl, string, count=0):
        return string, len(re.findall("%[0-9a-fA-F]{2}", string))
with mock.patch("urllib3.util.url._PERCENT_RE", Kept):
    print(session.get(url + "/a%2fb").json()["target"], session.get(url + "/c%2Fd?q=%c3%A9").json()["target"])
print(before == targets(), session.get(url + "/a%2fb").json()["target"])
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_escapes_keep_their_case_while_a_program_has_replaced_the_pattern(client: str) -> None:
    with EchoServer() as server:
        lines = run(client, ESCAPES, server.url(""))
    assert lines == ["/a%2fb /c%2Fd?q=%c3%A9", "True /a%2Fb"]


MANAGERS = """
import urllib3
class Manager(urllib3.PoolManager):
    def __init__(self, proxy, username=None, password=None, num_pools=10, headers=None, **kw):
        made.append((proxy, username, password, sorted(kw)))
        super().__init__(num_pools, headers, **kw)
made = []
client.adapters.SOCKSProxyManager = Manager
print(session.get(url + "/x", proxies={"all": "socks5h://u:p@127.0.0.1:1"}).status_code, made)
class Pool(urllib3.HTTPConnectionPool):
    def urlopen(self, *args, **kw):
        made.append(type(self).__name__)
        return super().urlopen(*args, **kw)
other = client.Session()
other.get_adapter(url).poolmanager.pool_classes_by_scheme = {"http": Pool, "https": urllib3.HTTPSConnectionPool}
print(other.get(url + "/x").status_code, made[-1])
"""


@pytest.mark.parametrize("client", ["under its own name", "requests"])
def test_foreign_managers_and_pools_are_made_with_the_arguments_of_requests(client: str) -> None:
    with EchoServer() as server:
        lines = run(client, MANAGERS, server.url(""))
    keywords = ["block", "maxsize"]
    assert lines == [f"200 [('socks5h://u:p@127.0.0.1:1', 'u', 'p', {keywords})]", "200 Pool"]


FUTURE = """
import socket, urllib3.connection
nodelay = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1, "tcp")
alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1, "tcp")
for options in ([nodelay], [nodelay, alive], [nodelay, (socket.IPPROTO_IP, 10, 2, "udp")]):
    urllib3.connection.HTTPConnection.default_socket_options = options
    with session.get(url, stream=True) as response:
        print(response.raw.connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) > 0)
"""


def test_socket_options_in_the_form_of_urllib3_future_are_set() -> None:
    with EchoServer() as server:
        assert run("under its own name", FUTURE, server.url("/")) == ["False", "True", "False"]


UNTOUCHED = """
import requests.packages.urllib3.poolmanager, urllib3
assert requests.packages.urllib3.poolmanager is urllib3.poolmanager
manager = client.adapters.HTTPAdapter().proxy_manager_for("http://127.0.0.1:1")
print(isinstance(manager, client.adapters.PoolManager), isinstance(manager, urllib3.PoolManager))
"""


def test_an_untouched_proxy_manager_under_our_name_for_urllib3_is_no_replacement() -> None:
    assert run("installed as requests", UNTOUCHED, "") == ["True False"]
