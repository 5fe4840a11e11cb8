"""Tests of a small client, without a server: canned responses, matchers, callbacks, faults.

python docs/examples/canned_responses.py          as a program; `pytest docs/examples/canned_responses.py` runs the same
"""

from __future__ import annotations

import json

import httpcore_lite as requests
from httpcore_lite import mock
from httpcore_lite.mock import matchers

API = "https://api.example.org"


# -- what is tested ------------------------------------------------------------------------------------------------


def open_orders(session: requests.Session, page: int = 1) -> list[str]:
    """Return the names of a page of open orders."""
    response = session.get(f"{API}/orders", params={"state": "open", "page": page}, timeout=5, retries=3)
    response.raise_for_status()
    return [order["name"] for order in response.json()]


def add_up(session: requests.Session, numbers: list[int]) -> int:
    """Have the server add numbers up."""
    response = session.post(f"{API}/sum", json={"numbers": numbers}, timeout=5)
    response.raise_for_status()
    total: int = response.json()["total"]
    return total


# -- its tests -------------------------------------------------------------------------------------------------------


@mock.activate
def test_a_page_of_orders() -> None:
    for page, names in ((1, ["lamp", "desk"]), (2, ["chair"])):
        mock.get(
            f"{API}/orders",
            json=[{"name": name} for name in names],
            match=[matchers.query_param_matcher({"state": "open", "page": page})],
        )
    with requests.Session() as session:
        assert open_orders(session, page=2) == ["chair"]
        assert open_orders(session) == ["lamp", "desk"]
    assert mock.calls[0].request.params == {"state": "open", "page": "2"}


@mock.activate
def test_a_sum_by_a_callback() -> None:
    def respond(request: matchers.SentRequest) -> tuple[int, dict[str, str], str]:
        numbers = json.loads(request.body or "{}")["numbers"]
        return 200, {"X-Count": str(len(numbers))}, json.dumps({"total": sum(numbers)})

    mock.add_callback("POST", f"{API}/sum", respond, content_type="application/json")
    with requests.Session() as session:
        assert add_up(session, [1, 2, 3]) == 6
    assert mock.calls[0].response.headers["X-Count"] == "3"


@mock.activate(assert_all_requests_are_fired=True)
def test_a_busy_server_is_asked_again_and_no_second_is_lost() -> None:
    mock.get(f"{API}/orders", status=429, headers={"Retry-After": "30"})
    mock.get(f"{API}/orders", fault="refused")
    mock.get(f"{API}/orders", json=[{"name": "lamp"}])
    with requests.Session() as session:
        assert open_orders(session) == ["lamp"]
    assert mock.pauses == [30]


@mock.activate
def test_a_server_that_is_gone() -> None:
    mock.get(f"{API}/orders", fault="read timeout")
    with requests.Session() as session:
        try:
            open_orders(session)
        except requests.ConnectionError as error:
            assert error.request is mock.calls[0].request and len(mock.calls) == 4
        else:
            raise AssertionError("it did not time out, three retries included")


if __name__ == "__main__":
    for test in (
        test_a_page_of_orders,
        test_a_sum_by_a_callback,
        test_a_busy_server_is_asked_again_and_no_second_is_lost,
        test_a_server_that_is_gone,
    ):
        test()
        print(f"{test.__name__}: passed")
