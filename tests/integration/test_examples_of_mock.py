"""The page "Testing": its example is a program; and what the README of the library `responses` shows works on ours."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import unittest
from functools import partial, reduce
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
import httpcore_lite as requests
from httpcore_lite import Retry
from httpcore_lite import mock as responses
from httpcore_lite.mock import matchers, registries
from support.servers import EchoServer

EXAMPLES = Path(httpcore_lite.__file__).parents[1] / "docs" / "examples"
URL = "http://service.test/api/1/item"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the pages are not beside an installed package")
def test_the_example_of_the_page() -> None:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])}
    command = [sys.executable, str(EXAMPLES / "canned_responses.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(": passed", done.stdout)) == 4


# -- what users of responses write -----------------------------------------------------------------------------------


@responses.activate
def test_a_response_object_and_its_parts_are_registered_alike() -> None:
    responses.add(responses.Response(method="PUT", url="http://service.test"))
    responses.add(responses.GET, URL, json={"error": "not found"}, status=404)
    found = requests.get(URL)
    assert (found.json(), found.status_code) == ({"error": "not found"}, 404)
    assert requests.put("http://service.test").request.method == "PUT"
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(URL + "/other")


@responses.activate
def test_the_methods_have_short_names() -> None:
    for name in ("get", "post", "put", "patch", "delete", "options", "head"):
        getattr(responses, name)(URL, json={"type": name})
        assert getattr(requests, name)(URL).text == ("" if name == "head" else json.dumps({"type": name}))


def test_a_block_and_the_instance_s_own_names() -> None:
    with responses.RequestsMock() as rsps:
        rsps.add(responses.GET, URL, body="{}", status=200, content_type="application/json")
        rsps.add(rsps.POST, URL, match=[rsps.matchers.body_matcher("123")])
        assert requests.get(URL).status_code == 200
        assert requests.post(URL, data="123").ok


@responses.activate
def test_an_exception_as_body() -> None:
    responses.get(URL, body=Exception("..."))
    with pytest.raises(Exception, match=r"\.\.\."):
        requests.get(URL)


@responses.activate
def test_each_matcher_as_the_readme_has_it() -> None:
    responses.post(url=URL, body="4", match=[matchers.urlencoded_params_matcher({"left": "1", "right": "3"})])
    assert requests.post(URL, data={"left": 1, "right": 3}).text == "4"
    params = {"hello": "world", "I am": "a big test"}
    responses.get(url=URL, body="test", match=[matchers.query_param_matcher(params)])
    response: Any = requests.get(URL, params=params)
    assert response.url == response.request.url == URL + "?hello=world&I+am=a+big+test"
    assert response.request.params == params
    responses.get("https://service.test/get", match=[matchers.query_string_matcher("didi=pro&test=1")])
    assert requests.get("https://service.test/get", params={"test": 1, "didi": "pro"}).ok
    responses.get(
        URL + "/f?ab=xy&zed=qwe#test=1&foo=bar", match=[matchers.fragment_identifier_matcher("test=1&foo=bar")]
    )
    assert requests.get(URL + "/f?zed=qwe&ab=xy#foo=bar&test=1").ok


def test_keywords_and_forms_that_differ_are_a_connection_error() -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        rsps.add("GET", URL, match=[matchers.request_kwargs_matcher({"stream": True, "verify": False})])
        with pytest.raises(requests.ConnectionError, match="Arguments don't match"):
            requests.get(URL, stream=True)
        form = matchers.multipart_matcher({"file_name": b"Old World!"}, data={"some": "other"})
        rsps.post(url=URL, match=[form])
        with pytest.raises(
            requests.ConnectionError, match=r"multipart/form-data doesn't match\. Request body differs\."
        ):
            requests.post(URL, files={"file_name": b"New World!"})


@responses.activate(registry=registries.OrderedRegistry)
def test_the_order_of_an_ordered_registry() -> None:
    for status in (404, 200, 200, 404):
        responses.get(URL, json={"status": status}, status=status)
    assert [requests.get(URL).status_code for _ in range(4)] == [404, 200, 200, 404]


def test_a_registry_of_one_s_own_holds_as_long_as_it_was_asked_for() -> None:
    class CustomRegistry(registries.FirstMatchRegistry):
        pass

    @responses.activate(registry=CustomRegistry)
    def run() -> None:
        assert type(responses.mock.get_registry()) is CustomRegistry

    run()
    assert type(responses.mock.get_registry()) is registries.FirstMatchRegistry
    with responses.RequestsMock(registry=CustomRegistry) as rsps:
        assert type(rsps.get_registry()) is CustomRegistry


@responses.activate
def test_callbacks_with_patterns_and_partial_arguments() -> None:
    operators = {"sum": lambda x, y: x + y, "prod": lambda x, y: x * y}

    def respond(request: Any, id: str = "") -> tuple[int, dict[str, str], str]:  # noqa: A002
        numbers = json.loads(request.body)["numbers"]
        return 200, {"request-id": id}, json.dumps({"value": reduce(operators[request.path_url[1:]], numbers)})

    url = re.compile("http://calc.test/(sum|prod)")
    responses.add_callback(responses.POST, url, callback=partial(respond, id="728d"), content_type="application/json")
    response = requests.post("http://calc.test/prod", json.dumps({"numbers": [2, 3, 4]}))
    assert response.json() == {"value": 24}
    assert len(responses.calls) == 1 and responses.calls[0].response.headers["request-id"] == "728d"


class TestSetUp(unittest.TestCase):
    """With unittest: what is registered in `setUp` counts in the tests."""

    def setUp(self) -> None:
        responses.get("https://service.test", body="within setup")

    @responses.activate
    def test_both_count(self) -> None:
        responses.get("https://other.test/get", body="within test")
        assert requests.get("https://service.test").text == "within setup"
        assert requests.get("https://other.test/get").text == "within test"


@responses.activate
def test_calls_are_counted_and_looked_at_from_threads() -> None:
    registered = {number: responses.patch(f"{URL}/{number}/", status=200) for number in (1, 2, 3)}
    with concurrent.futures.ThreadPoolExecutor(3) as executor:
        for done in [executor.submit(requests.patch, f"{URL}/{n}/", json={"n": n}) for n in registered]:
            assert done.result().ok
    assert len(responses.calls) == 3
    for number, response in registered.items():
        assert response.call_count == 1 and response.calls[0] in responses.calls
        assert json.loads(response.calls[0].request.body or "") == {"n": number}
    assert responses.assert_call_count(f"{URL}/1/", 1) is True


@responses.activate
def test_an_error_with_the_history_of_redirects() -> None:
    first, second, third = (
        responses.Response(responses.GET, f"{URL}/{n}", status=301, headers={"Location": f"{URL}/{n + 1}"})
        if n < 3
        else responses.Response(responses.GET, f"{URL}/{n}")
        for n in (1, 2, 3)
    )
    for each in (first, second, third):
        responses.add(each)
    response = requests.get(f"{URL}/1")
    responses.calls.reset()
    third.body = requests.ConnectionError("custom error", response=response)
    with pytest.raises(requests.ConnectionError) as raised:
        requests.get(f"{URL}/1")
    assert raised.value is third.body and raised.value.response is response
    assert [each.url for each in response.history] == [first.url, second.url]


@responses.activate(registry=registries.OrderedRegistry)
def test_a_retry_policy_is_tested_by_what_it_uses_up() -> None:
    registered = [responses.get("https://service.test", body="Error", status=500) for _ in range(3)]
    registered.append(responses.get("https://service.test", body="OK"))
    session = requests.Session()
    policy = Retry(4, backoff_factor=0.1, status_forcelist=[500], allowed_methods=["GET", "POST", "PATCH"])
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=policy))
    assert session.get("https://service.test").text == "OK"
    assert [each.call_count for each in registered] == [1, 1, 1, 1]


def test_what_passes_through() -> None:
    with EchoServer() as server:

        @responses.activate
        def run() -> None:
            responses.add_passthru(re.compile(server.url("/real/\\w+")))
            responses.add(responses.PassthroughResponse(responses.GET, server.url("/one")))
            responses.get(server.url("/two"), body="not used", passthrough=True)
            for path in ("/real/a", "/one", "/two"):
                assert requests.get(server.url(path)).json()["target"] == path

        run()


@responses.activate
def test_replaced_and_upserted() -> None:
    responses.get(URL, json={"data": 1})
    responses.replace(responses.GET, URL, json={"data": 2})
    assert requests.get(URL).json() == {"data": 2}
    responses.upsert(responses.GET, URL, json={"data": 3})
    assert requests.get(URL).json() == {"data": 3}
    assert len(responses.registered()) == 1
