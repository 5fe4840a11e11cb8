"""What is remembered of URLs and fields that were prepared: bounded in number and in size, and never a comparison
that `python -bb` refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import httpcore_lite as client
from httpcore_lite.client import environment
from httpcore_lite.messages import preparing, urls

ROOT = Path(client.__file__).parent.parent


def held(cache: object) -> int:
    return sum(len(str(item)) for item in (cache.items() if isinstance(cache, dict) else [cache]))


@pytest.mark.parametrize("part", ["/{}", "/?q={}", "/#{}", "/é{}", "/ {}"])
def test_long_urls_are_not_remembered(part: str) -> None:
    preparing._PREPARED.clear()
    for number in range(100):
        url = "http://h" + part.format("x" * 50_000) + str(number)
        assert client.Request("GET", url).prepare().url.endswith(str(number))  # type: ignore[union-attr]
    assert held(preparing._PREPARED) < 10_000
    short = "http://h/" + "é" * 500  # prepared, it is six times as long
    for _ in range(2):
        assert client.Request("GET", short).prepare().url == "http://h/" + "%C3%A9" * 500
    assert short not in preparing._PREPARED
    for number in range(3_000):
        client.Request("GET", f"http://h/{number}").prepare()
    assert len(preparing._PREPARED) <= 1_024


def test_long_origins_and_long_decisions_about_proxies_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    urls._ORIGINS.clear()
    monkeypatch.setenv("NO_PROXY", "example.org")
    for number in range(20):
        url = f"http://{'u' * 50_000}@h{number}/x"
        assert urls.split_origin(url)[1] == f"h{number}"
        assert environment.bypasses(url, None, environment.proxy_bypass) is False
        assert environment.bypasses(f"http://h{number}/", "x" * 50_000, environment.proxy_bypass) is False
    assert held(urls._ORIGINS) < 1_000
    assert held(environment._current().decisions) < 1_000
    assert urls.split_origin("http://u@h/x")[3] == "/x" and "http://u@h" in urls._ORIGINS


def test_long_fields_are_not_remembered_as_valid() -> None:
    for value in ("x" * 50_000, "y"):
        for _ in range(2):
            prepared = client.Request("GET", "http://h/", headers={"A": value, "B": "c"}).prepare()
            assert prepared.headers["a"] == value
        assert held(preparing._valid_fields) < 20_000
    with pytest.raises(client.exceptions.InvalidHeader):
        client.Request("GET", "http://h/", headers={"A": "x\n" + "y" * 50_000}).prepare()


def test_the_head_that_a_pool_remembers_is_a_short_one() -> None:
    from httpcore_lite.sansio.http1.request_heads import RequestHeads

    heads = RequestHeads()
    short: list[tuple[str | bytes, str | bytes | None]] = [("A", "b")]
    kept = heads.build("GET", "/", short, "h")
    assert heads.build("GET", "/", [("A", "b")], "h") is kept
    heads.build("GET", "/" + "x" * 100_000, short, "h")
    heads.build("GET", "/", [("A", "x" * 100_000)], "h")
    assert len(str(heads._last)) < 2_000
    assert heads.build("GET", "/y" * 5_000, short, "h") is heads.build("GET", "/y" * 5_000, short, "h")
    assert heads.build("GET", "/", short, "h").target == b"/"


PROGRAM = """
import socket, threading
import httpcore_lite as client

def serve(server):
    connection, _ = server.accept()
    data = b""
    while True:
        while b"\\r\\n\\r\\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        head, _, data = data.partition(b"\\r\\n\\r\\n")
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(head), head))

with socket.create_server(("127.0.0.1", 0)) as server, client.Session() as session:
    session.trust_env = False
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    for headers in (None, {"A": b"x"}, {"A": "x"}, {b"A": "x"}, {b"A": b"x", "B": "y"}, {"A": "x"}, {"A": b"x"}, None):
        body = session.get(url, headers=headers, timeout=10).text
        assert ("\\r\\nA: x" in body) == bool(headers), body
    session.headers[b"C"] = b"z"
    assert "C: z" in session.get(url, headers={"A": "x"}, timeout=10).text
    session.post(url, data={b"a": b"b", "c": "d"}, params={b"e": b"f", "g": "h"}, timeout=10)
    session.get(url.encode(), auth=(b"u", "p"), cookies={"a": "b"}, timeout=10)
print("right")
"""


@pytest.mark.parametrize("flag", ["-b", "-bb"])
def test_bytes_and_text_in_headers_are_never_compared(flag: str) -> None:
    done = subprocess.run(
        [sys.executable, flag, "-c", PROGRAM], capture_output=True, text=True, timeout=50, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "right", "")


def test_the_unit_tests_of_fields_pass_where_comparing_bytes_with_text_is_an_error() -> None:
    rooms = [
        "test_structures.py", "urllib3_api/test_connectionpool.py", "test_internal_utils.py",
        "sansio/http1/test_headers.py",
    ]  # fmt: skip
    paths = [ROOT / "tests" / "unit" / room for room in rooms]
    command = [sys.executable, "-bb", "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-3_000:]


# -- the short ways give what the long ones give ------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.binary(max_size=6),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.lists(st.one_of(st.text(max_size=4), st.integers(), st.none(), st.binary(max_size=3)), max_size=3),
)


@given(st.dictionaries(st.one_of(st.text(max_size=6), st.integers(), st.binary(max_size=4)), VALUES, max_size=4))
def test_forms_are_encoded_as_by_requests(form: dict[object, object]) -> None:
    assert preparing.encoded_params(form) == requests.models.RequestEncodingMixin._encode_params(form)


def test_a_lone_surrogate_in_a_form_is_named() -> None:
    with pytest.raises(client.exceptions.InvalidBody, match="udcff"):
        preparing.encoded_params({"a": "b", "name": "\udcff"})


PARTS = st.one_of(
    st.text(max_size=5), st.text(alphabet="a: \t\r\n\x0b\x1c\x85\xa0\u2028", max_size=4), st.binary(max_size=4)
)


@given(PARTS, PARTS)
def test_a_field_is_refused_where_requests_refuses_it(name: str | bytes, value: str | bytes) -> None:
    if isinstance(name, bytes) and not name.isascii():
        return  # refused as well, with another reason

    def refused(check: object) -> bool:
        try:
            check()  # type: ignore[operator]
        except (client.exceptions.InvalidHeader, requests.exceptions.InvalidHeader):
            return True
        return False

    theirs = refused(lambda: requests.utils.check_header_validity((name, value)))
    for fields in ({name: value}, client.structures.CaseInsensitiveDict({name: value})):  # type: ignore[dict-item]
        assert refused(lambda given=fields: preparing.prepared_headers(given)) == theirs
