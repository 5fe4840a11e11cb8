"""What the first version pickled, before its rooms moved into folders, is read."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite as client
from support.servers import EchoServer

PICKLES = json.loads(Path(__file__).with_name("earlier_pickles.json").read_text(encoding="utf-8"))


def read(name: str) -> Any:
    return pickle.loads(base64.b64decode(PICKLES[name]))


@pytest.mark.parametrize("name", sorted(PICKLES))
def test_a_pickle_of_the_first_version_is_read_and_pickled_again(name: str) -> None:
    found = read(name)
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is type(found)
    assert not isinstance(found, Exception) or str(again) == str(found)


def test_a_session_goes_on_with_its_settings() -> None:
    session = read("session")
    with EchoServer() as server:
        told = session.get(server.url("/")).json()
    assert ["X", "1"] in told["headers"]
    assert session.auth == ("u", "p") and session.cookies["c"] == "d"
    assert session.timeout.total == 9


def test_policies_limits_and_responses_keep_their_values() -> None:
    assert (read("retry").total, read("retry").backoff_factor) == (2, 1)
    limits = read("timeouts")
    assert isinstance(limits, client.Timeouts) and (limits.connect, limits.read, limits.total) == (1, 2, 3)
    response = read("response")
    assert (response.text, response.cookies["a"], response.status_code) == ("ok", "b", 200)
    assert read("timings").connect > 0
