"""What mocks, recorders, caches and tracers see of requests that are made under one way of switching.

    python ways.py URL FOLDER            the way is what `sys.argv[1]` and the environment say; see test_ways.py

Prints a word for each of them: "seen", or "not seen" where the request went to the server past it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The program's own import: where the line alone was changed, it is another one than that of the libraries.
if os.environ.get("WAY") == "line":
    import httpcore_lite as requests
else:
    if os.environ.get("WAY") == "install":
        import httpcore_lite

        httpcore_lite.install_as_requests()
    import requests


def responses_(url: str, folder: Path) -> bool:
    import responses

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(responses.GET, url, body="mocked")
        return bool(requests.get(url, timeout=5).text == "mocked")


def requests_mock_(url: str, folder: Path) -> bool:
    import requests_mock

    with requests_mock.Mocker() as mock:
        mock.get(url, text="mocked")
        return bool(requests.get(url, timeout=5).text == "mocked")


def vcr_(url: str, folder: Path) -> bool:
    import vcr

    with vcr.use_cassette(str(folder / "vcr.yaml")) as tape:
        requests.get(url, timeout=5)
        return len(tape) == 1


def pook_(url: str, folder: Path) -> bool:
    import pook

    with pook.use():
        pook.get(url, reply=200, response_body="mocked")
        return bool(requests.get(url, timeout=5).text == "mocked")


def betamax_(url: str, folder: Path) -> bool:
    import betamax

    session = requests.Session()
    with betamax.Betamax(session, cassette_library_dir=str(folder)) as tape:
        tape.use_cassette("betamax")
        session.get(url, timeout=5)
    return "/x" in (folder / "betamax.json").read_text()


def requests_cache_(url: str, folder: Path) -> bool:
    import requests_cache

    requests_cache.install_cache(backend="memory")
    try:
        requests.get(url, timeout=5)
        return bool(getattr(requests.get(url, timeout=5), "from_cache", False))
    finally:
        requests_cache.uninstall_cache()


def opentelemetry_(url: str, folder: Path) -> bool:
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    RequestsInstrumentor().instrument(tracer_provider=provider)
    try:
        requests.get(url, timeout=5)
        return [span.name for span in kept.get_finished_spans()] == ["GET"]
    finally:
        RequestsInstrumentor().uninstrument()


def sentry_sdk_(url: str, folder: Path) -> bool:
    import sentry_sdk
    from sentry_sdk.transport import Transport

    kept: list[Any] = []

    class Nowhere(Transport):
        def capture_envelope(self, envelope: object) -> None:
            pass

    def keep(event: Any, hint: object) -> None:
        kept.extend(event["spans"])

    sentry_sdk.init(
        dsn="http://key@127.0.0.1:1/1", traces_sample_rate=1.0, before_send_transaction=keep, transport=Nowhere
    )
    with sentry_sdk.start_transaction(name="t"):
        requests.get(url, timeout=5)
    return [span["op"] for span in kept] == ["http.client"]


LIBRARIES: dict[str, Callable[[str, Path], bool]] = {
    "responses": responses_,
    "requests-mock": requests_mock_,
    "VCR": vcr_,
    "pook": pook_,
    "betamax": betamax_,
    "requests-cache": requests_cache_,
    "OpenTelemetry": opentelemetry_,
    "sentry-sdk": sentry_sdk_,  # the last one: what it puts into http.client stays there
}


def told(url: str, folder: Path) -> None:
    """Print what each of them sees."""
    for name, seen in LIBRARIES.items():
        print(f"{name}: {'seen' if seen(url, folder) else 'not seen'}", flush=True)


def test_ways() -> None:
    """The same as a test, for a run of pytest with our plugin."""
    told(os.environ["WAYS_URL"], Path(os.environ["WAYS_FOLDER"]))


if __name__ == "__main__":
    told(sys.argv[1], Path(sys.argv[2]))
