"""Whatever a server does between two requests, and wherever it all breaks off: the file is one of the server's."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.download_plan import AGAIN, ANEW, COMPLETE, CONTINUE, Plan, key_of, notes_of
from httpcore_lite.exceptions import ChunkedEncodingError, ConnectionError, HTTPError, RequestException
from httpcore_lite.structures import CaseInsensitiveDict

# Versions of one file, some of the same length; each has the same byte everywhere, so that a mixture shows.
VERSIONS = [b"a" * 20, b"b" * 20, b"c" * 7, b"", b"e" * 30]
NOW = 1_800_000_000.0


class Response:
    reason = "OK"

    def __init__(self, status: int, fields: dict[str, str], body: bytes) -> None:
        self.status_code, self.body = status, body
        self.headers: Any = CaseInsensitiveDict(fields)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise HTTPError(str(self.status_code), response=self)


Turn = st.fixed_dictionaries(
    {
        "version": st.integers(0, len(VERSIONS) - 1),
        "weak": st.booleans(),
        "ignores_range": st.booleans(),
        "ignores_if_range": st.booleans(),
        "shift": st.sampled_from([0, 0, 0, 1, -1]),  # of what Content-Range says, and of the bytes that come
        "length": st.sampled_from([0, 0, 0, 1, -1]),  # of the complete length that it says
        "counted": st.booleans(),
        "status": st.sampled_from([0, 0, 0, 0, 404, 416, 503]),
        "cut": st.none() | st.integers(0, 30),
        "killed": st.booleans(),
        "extra": st.sampled_from([b"", b"", b"x"]),
    }
)


def response_to(asked: dict[str, str | None], turn: dict[str, Any]) -> Response:
    whole = VERSIONS[turn["version"]]
    tag = f'{"W/" if turn["weak"] else ""}"{turn["version"]}"'
    if turn["status"]:
        fields = {"Content-Range": f"bytes */{len(whole)}"} if turn["status"] == 416 else {}
        return Response(turn["status"], fields, b"")
    wants = asked["Range"] is not None and not turn["ignores_range"]
    if wants and asked["If-Range"] != tag and not turn["ignores_if_range"]:
        wants = False
    if not wants:
        counted = {"Content-Length": str(len(whole))} if turn["counted"] else {}
        return Response(200, {"ETag": tag, **counted}, whole + (turn["extra"] if turn["counted"] else b""))
    first = max(0, int(str(asked["Range"]).removeprefix("bytes=").rstrip("-")) + turn["shift"])
    if first >= len(whole):
        return Response(416, {"Content-Range": f"bytes */{len(whole)}"}, b"")
    said = f"bytes {first}-{len(whole) - 1}/{len(whole) + turn['length']}"
    return Response(206, {"ETag": tag, "Content-Range": said}, whole[first:] + turn["extra"])


@given(st.lists(Turn, max_size=12))
def test_bytes_of_two_versions_never_meet(turns: list[dict[str, Any]]) -> None:
    disk, notes = b"", None
    key = key_of("http://h/f")
    plan = Plan(key)
    for turn in turns:
        response = response_to(plan.fields(), turn)
        try:
            verdict = plan.judge(response, NOW)
            if verdict == AGAIN:
                continue
            if verdict == ANEW:
                disk, notes = b"", plan.notes and plan.notes.written()
            assert verdict in (ANEW, CONTINUE, COMPLETE)
            if verdict == COMPLETE:
                assert disk in VERSIONS
                return
            # An HTTP client tells of a cut, and hands out no more than was declared.
            body = response.body if turn["cut"] is None else response.body[: turn["cut"]]
            for at in range(0, len(body), 4):
                plan.received(len(body[at : at + 4]))
                disk += body[at : at + 4]
            if turn["cut"] is not None:
                raise ConnectionError
            plan.ended()
        except RequestException as error:
            gave_up = plan.pause(error) is None
            assert len(set(disk)) <= 1 or isinstance(error, ChunkedEncodingError)
        else:
            assert disk in VERSIONS
            return
        if gave_up or turn["killed"]:
            plan = Plan(key)
            plan.found(notes_of(notes), len(disk))
