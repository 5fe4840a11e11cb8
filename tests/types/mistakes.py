"""Mistakes that a type checker finds: each line that is marked, and no other.

Read by `check.py`, which runs mypy and pyright over this file. Nothing here is ever run.
"""

from __future__ import annotations

import io

import httpcore_lite as requests
from httpcore_lite import exceptions, mock, utils
from httpcore_lite.adapters import BaseAdapter, HTTPAdapter
from httpcore_lite.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from httpcore_lite.cookies import RequestsCookieJar, create_cookie, merge_cookies
from httpcore_lite.models import PreparedRequest, Request, Response
from httpcore_lite.structures import CaseInsensitiveDict

URL = "https://example.org/"
session = requests.Session()
response = requests.get(URL, timeout=5)
prepared = Request("GET", URL).prepare()

# The functions
requests.get(123)  # expect-error
requests.get(None)  # expect-error
requests.get(URL, params=object())  # expect-error
requests.get(URL, headers=5)  # expect-error
requests.get(URL, headers=["Accept"])  # expect-error
requests.get(URL, headers={"Accept": 1})  # expect-error
requests.get(URL, timeout="soon")  # expect-error
requests.get(URL, timeout=(3, "soon"))  # expect-error
requests.get(URL, timeout=(1, 2, 3))  # expect-error
requests.get(URL, tiemout=5)  # expect-error
requests.get(URL, alow_redirects=False)  # expect-error
requests.get(URL, allow_redirects="no")  # expect-error
requests.get(URL, verify=5.0)  # expect-error
requests.get(URL, cert=5)  # expect-error
requests.get(URL, cert=("a.pem", "key.pem", "password"))  # expect-error
requests.get(URL, auth="user:password")  # expect-error
requests.get(URL, auth=("user", 5))  # expect-error
requests.get(URL, proxies="http://proxy.example:3128")  # expect-error
requests.get(URL, proxies={"https": 3128})  # expect-error
requests.get(URL, cookies="a=1")  # expect-error
requests.get(URL, cookies=5)  # expect-error
requests.get(URL, hooks={"response": 5})  # expect-error
requests.get(URL, stream="yes")  # expect-error
requests.post(URL, data=5)  # expect-error
requests.post(URL, data=object())  # expect-error
requests.post(URL, json=object())  # expect-error
requests.post(URL, files={"report": 5})  # expect-error
requests.post(URL, jsn={"a": 1})  # expect-error
requests.put(URL, data=b"", jason={"a": 1})  # expect-error
requests.patch(URL, data=3.14)  # expect-error
requests.delete(URL, {"a": "b"})  # expect-error
requests.head(URL, param={"a": "b"})  # expect-error
requests.request(URL)  # expect-error
requests.request(5, URL)  # expect-error
requests.gett(URL)  # expect-error
requests.Sesion()  # expect-error

# The options that are ours
requests.get(URL, retries="three")  # expect-error
requests.get(URL, rate_limit=10)  # expect-error
requests.get(URL, rate_limit=requests.RateLimit("10/s"))  # expect-error
requests.RateLimit(10, 60, 5)  # expect-error
requests.RateLimit(10, period=60)  # expect-error
requests.get(URL, trace=5)  # expect-error
requests.get(URL, max_response_size="1 MB")  # expect-error
requests.Session(max_conections=5)  # expect-error
requests.Session(timeout="soon")  # expect-error
requests.Session(idle_timeout="long")  # expect-error
requests.Timeouts(conect=5)  # expect-error
requests.Timeouts(connect="5 s")  # expect-error
HTTPAdapter(pool_maxsize="many")  # expect-error
HTTPAdapter(max_retries="many")  # expect-error
HTTPAdapter(resolver=5)  # expect-error
requests.Retry(total="many")  # expect-error
requests.Retry(backof_factor=1)  # expect-error

# The session
session.verify = 5.0  # expect-error
session.stream = "yes"  # expect-error
session.max_redirects = "many"  # expect-error
session.trust_env = None  # expect-error
session.auth = 5  # expect-error
session.cert = 5  # expect-error
session.timeout = "soon"  # expect-error
session.proxies = "http://proxy.example:3128"  # expect-error
session.cookies = 5  # expect-error
session.headers["Accept"] = 5  # expect-error
session.headers.update(5)  # expect-error
session.cookies.set(5, "value")  # expect-error
session.hooks["response"].append(5)  # expect-error
session.hooks["args"].append(lambda: None)  # expect-error
session.hooks["pre_request"].append("sign")  # expect-error
requests.get(URL, hooks={"args": 5})  # expect-error
requests.get(URL, raise_for_status="yes")  # expect-error
requests.get(URL, base_url=URL)  # expect-error
requests.Session(base_url=5)  # expect-error
requests.Session(raise_for_status="yes")  # expect-error
requests.Session(headers="X: 1")  # expect-error
requests.Session(headers={"X": 1})  # expect-error
requests.Session(params="a=1")  # expect-error
requests.Session(auth="user")  # expect-error
requests.Session(cookies="a=b")  # expect-error
requests.Session(hooks=print)  # expect-error
requests.Session(verify=5)  # expect-error
requests.Session(cert=5)  # expect-error
requests.Session(stream="no")  # expect-error
requests.Session(max_redirects="3")  # expect-error
requests.Session(trust_env="no")  # expect-error
requests.session(bas_url=URL)  # expect-error
session.mount("https://", "adapter")  # expect-error
session.mount(5, HTTPAdapter())  # expect-error
session.adapters["https://"] = object()  # expect-error
session.send(URL)  # expect-error
session.prepare_request(prepared)  # expect-error
session.get(URL, json=object())  # expect-error
session.post(URL, timout=5)  # expect-error
session.getadapter(URL)  # expect-error
session.max_redirect = 5  # expect-error

# The response
response.jsn()  # expect-error
response.status  # expect-error
response.txt  # expect-error
response.status_code == response.json + 1  # expect-error
response.status_code.upper()  # expect-error
response.headers.get(5)  # expect-error
response.headers["Content-Length"] + 1  # expect-error
response.elapsed + 1  # expect-error
response.text.decode()  # expect-error
response.content.encode()  # expect-error
response.iter_content(chunk_size="all")  # expect-error
response.iter_lines(delimiter=5)  # expect-error
response.iter_events(1024)  # expect-error
for event in response.iter_events():
    event.text  # expect-error
requests.Session().events(URL, reconnect="3")  # expect-error
requests.Session().events(URL, last_event_id=7)  # expect-error
response.cookies.get(1)  # expect-error
response.history.url  # expect-error
response.links["next"].url  # expect-error
response.encoding = 5  # expect-error
response.url + 5  # expect-error
response.request.urls  # expect-error
response.raise_for_status().json()  # expect-error
for piece in response.iter_content(1024):
    piece.encode()  # expect-error
for line in response.iter_lines():
    line.split(",")  # expect-error

# Requests
Request(method=5)  # expect-error
Request("GET", URL, header={"a": "b"})  # expect-error
Request("GET", URL).prepared()  # expect-error
prepared.headers["Accept"] = 5  # expect-error
prepared.prepare_url(5, None)  # expect-error
prepared.prepare_headers("Accept: text/plain")  # expect-error
prepared.register_hook("response", 5)  # expect-error
prepared.register_hook(5, print)  # expect-error
PreparedRequest("GET")  # expect-error

# What is around
HTTPBasicAuth("user")  # expect-error
HTTPBasicAuth("user", 5)  # expect-error
HTTPDigestAuth(5, "password")  # expect-error
RequestsCookieJar().set("name")  # expect-error
create_cookie("name", 5)  # expect-error
merge_cookies({}, RequestsCookieJar())  # expect-error
fields: CaseInsensitiveDict[str] = CaseInsensitiveDict({"a": "b"})
fields[5]  # expect-error
fields["a"] = 5  # expect-error
fields.lowered()  # expect-error
utils.quote_url(URL)  # expect-error
utils.requote_uri(5)  # expect-error
utils.get_auth_from_url(5)  # expect-error
exceptions.HttpError  # expect-error
requests.codes["ok"] + "1"  # expect-error

try:
    pass
except requests.RequestException as error:
    error.respons  # expect-error
    error.request.ur  # expect-error


class Token(AuthBase):
    """An override that returns the wrong thing."""

    def __call__(self, request: PreparedRequest) -> str:  # expect-error
        return "token"


class Canned(BaseAdapter):
    """An override with the wrong arguments."""

    def send(self, request: str) -> Response:  # expect-error
        return Response()


def wants_text(response: Response) -> str:
    """Hand out bytes as text."""
    return response.content  # expect-error


def wants_int(response: Response) -> int:
    """Hand out a time as a number."""
    return response.elapsed  # expect-error


def wrong_downloads() -> None:
    """A file object in the place of a name, and an argument that there is not."""
    requests.download("https://example.org/", io.BytesIO())  # expect-error
    requests.download("https://example.org/", "f", check_sum="md5:")  # expect-error
    requests.download("https://example.org/", "f", progress=lambda done: None)  # expect-error


# Canned responses
mock.get(5)  # expect-error
mock.get(URL, status="200")  # expect-error
mock.get(URL, stauts=200)  # expect-error
mock.get(URL, fault="reset by peer")  # expect-error
mock.get(URL, raw="HTTP/1.1 200 OK")  # expect-error
mock.get(URL, match=mock.matchers.body_matcher("x"))  # expect-error
mock.matchers.query_param_matcher("a=1")  # expect-error
mock.add_callback("GET", URL, "callback")  # expect-error
mock.add_callback("GET", URL, lambda request: "body")  # expect-error
mock.activate(registry=5)  # expect-error
mock.RequestsMock(realtime=True)  # expect-error
