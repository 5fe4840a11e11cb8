"""A server that none of us wrote: httpbin, over real sockets."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from types import ModuleType

import pytest

import httpcore_lite
from support.servers import httpbin

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning"
)  # httpbin's and flask's own


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    pytest.importorskip("pytest_httpbin")
    with httpbin() as address:
        yield address


@pytest.fixture
def client() -> ModuleType:
    return httpcore_lite


def test_get_with_parameters_and_headers(client: ModuleType, base: str) -> None:
    response = client.get(f"{base}/get", params={"a": ["1", "ü"]}, headers={"X-Mine": "yes"}, timeout=10)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["args"] == {"a": ["1", "ü"]}
    assert response.json()["headers"]["X-Mine"] == "yes"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_bodies_of_every_kind_arrive(client: ModuleType, base: str, method: str) -> None:
    send, url = getattr(client, method), f"{base}/{method}"
    assert send(url, data={"a": "ö"}, timeout=10).json()["form"] == {"a": "ö"}
    assert send(url, json={"a": [1, None]}, timeout=10).json()["json"] == {"a": [1, None]}
    assert send(url, data=b"raw", timeout=10).json()["data"] == "raw"


def test_files_arrive(client: ModuleType, base: str) -> None:
    files = {"f": ("n.txt", io.BytesIO(b"content"), "text/plain")}
    echo = client.post(f"{base}/post", files=files, data={"k": "v"}, timeout=10).json()
    assert (echo["files"], echo["form"]) == ({"f": "content"}, {"k": "v"})


def test_redirects_keep_their_history(client: ModuleType, base: str) -> None:
    response = client.get(f"{base}/redirect/3", timeout=10)
    assert response.url == f"{base}/get"
    assert [each.status_code for each in response.history] == [302, 302, 302]


def test_cookies_are_kept(client: ModuleType, base: str) -> None:
    with client.Session() as session:
        session.get(f"{base}/cookies/set", params={"a": "1", "b": "2"}, timeout=10)
        assert session.get(f"{base}/cookies", timeout=10).json() == {"cookies": {"a": "1", "b": "2"}}
        assert session.cookies.get_dict() == {"a": "1", "b": "2"}


@pytest.mark.parametrize("path", ["gzip", "deflate"])
def test_compressed_bodies_are_decoded(client: ModuleType, base: str, path: str) -> None:
    assert client.get(f"{base}/{path}", timeout=10).json()["method"] == "GET"


def test_raw_is_what_was_sent(client: ModuleType, base: str) -> None:
    raw = client.get(f"{base}/gzip", stream=True, timeout=10).raw.read()
    assert json.loads(gzip.decompress(raw))["gzipped"] is True


@pytest.mark.parametrize("status", [200, 204, 304, 404, 418, 500])
def test_statuses_come_through(client: ModuleType, base: str, status: int) -> None:
    response = client.get(f"{base}/status/{status}", timeout=10)
    assert response.status_code == status
    if status >= 400:
        with pytest.raises(client.HTTPError):
            response.raise_for_status()


def test_basic_authentication(client: ModuleType, base: str) -> None:
    url = f"{base}/basic-auth/user/pass"
    assert client.get(url, auth=("user", "pass"), timeout=10).json()["authenticated"] is True
    assert client.get(url, auth=("user", "wrong"), timeout=10).status_code == 401


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
def test_digest_authentication(client: ModuleType, base: str, algorithm: str) -> None:
    url = f"{base}/digest-auth/auth/user/pass/{algorithm}"
    auth = client.auth.HTTPDigestAuth("user", "pass")
    with client.Session() as session:
        assert [session.get(url, auth=auth, timeout=10).status_code for _ in range(2)] == [200, 200]
        wrong = client.auth.HTTPDigestAuth("user", "wrong")
        assert session.get(url, auth=wrong, timeout=10).status_code == 401


def test_a_stream_comes_line_by_line(client: ModuleType, base: str) -> None:
    with client.get(f"{base}/stream/5", stream=True, timeout=10) as response:
        assert [json.loads(line)["id"] for line in response.iter_lines()] == [0, 1, 2, 3, 4]


def test_bytes_come_whole(client: ModuleType, base: str) -> None:
    one = client.get(f"{base}/stream-bytes/50000", timeout=10).content
    with client.get(f"{base}/stream-bytes/50000?chunk_size=700", stream=True, timeout=10) as response:
        other = b"".join(response.iter_content(999))
    assert len(one) == len(other) == 50000


def test_encodings(client: ModuleType, base: str) -> None:
    response = client.get(f"{base}/encoding/utf8", timeout=10)
    assert response.encoding == "utf-8"
    assert "∮ E⋅da = Q" in response.text
    assert client.get(f"{base}/html", timeout=10).apparent_encoding is not None


def test_head_has_no_body(client: ModuleType, base: str) -> None:
    response = client.head(f"{base}/get", timeout=10)
    assert int(response.headers["Content-Length"]) > 0
    assert response.content == b""


def test_a_slow_response_is_a_read_timeout(client: ModuleType, base: str) -> None:
    with pytest.raises(client.ReadTimeout):
        client.get(f"{base}/delay/1", timeout=(5, 0.2))
