"""The second part of the tour: what requests has no way to do, each seen to happen."""

from __future__ import annotations

import time
from typing import Any

from screen import bar, expect, heading, note, step

import httpcore_lite as requests


def beyond(known: dict[str, Any]) -> None:
    """`known` has `url` and `http` (the same without TLS), `session`, and `server`, which counts."""
    heading("What requests cannot do")
    for part in (_dripping, _busy, _inside, _bomb, _twice, _phases, _resumed, _many):
        part(known)


def _dripping(known: dict[str, Any]) -> None:
    began = time.monotonic()
    step(
        "A server that sends a byte now and then is stopped: `total` limits the whole call",
        'session.get(url + "/drip", timeout=requests.Timeouts(read=5, total=0.4))',
        known,
        raises=requests.exceptions.Timeout,
    )
    expect(time.monotonic() - began < 10, "the timeout came late")


def _busy(known: dict[str, Any]) -> None:
    response = step(
        "429 Too Many Requests: the server says when to come back, and is asked again then",
        """
        response = session.get(url + "/busy", retries=3)
        response
        """,
        known,
    )
    note(f"the server was asked {known['server'].asked['/busy']} times, a second apart")
    expect(response.ok and known["server"].asked["/busy"] == 2, "the server was not asked again")


def _inside(known: dict[str, Any]) -> None:
    step(
        "A redirect into your own network is refused before anything is sent",
        """
        careful = requests.Session(allow_address=lambda ip: not ip.is_link_local)
        careful.get(http + "/lead?to=http://169.254.169.254/latest/meta-data/")
        """,
        known,
        raises=requests.exceptions.ConnectionError,
    )
    known.pop("careful").close()


def _bomb(known: dict[str, Any]) -> None:
    step(
        "100 MB of zeros in 100 kB of gzip: stopped at 1 MB",
        'session.get(url + "/bomb", max_response_size=1_000_000)',
        known,
        raises=requests.exceptions.RequestException,
    )


def _twice(known: dict[str, Any]) -> None:
    step(
        "A kept connection dies: a GET is sent again, a POST, which may have arrived, never is",
        """
        session.get(http + "/hello"), session.get(http + "/vanish")
        session.post(http + "/vanish", data="pay 10")
        """,
        known,
        raises=requests.exceptions.ConnectionError,
    )
    asked = known["server"].asked
    note(
        f"the server saw {asked['GET /vanish']} GETs, the last one on a new connection, "
        f"and {asked['POST /vanish']} POST"
    )
    expect((asked["GET /vanish"], asked["POST /vanish"]) == (2, 1), "a request was sent too often, or too seldom")


def _phases(known: dict[str, Any]) -> None:
    timings = step(
        "Where the time of a call goes",
        """
        with requests.Session(verify=session.verify, trust_env=False) as fresh:
            timings = fresh.get(url + "/thinking").timings
        timings
        """,
        known,
    )
    phases = {name: getattr(timings, name) or 0.0 for name in ("dns", "connect", "tls", "send", "wait", "receive")}
    for name, seconds in phases.items():
        bar(name, seconds, max(phases.values()), f"{1000 * seconds:.1f} ms")
    expect(phases["wait"] >= 0.02, "the time that the server took is missing")


def _resumed(known: dict[str, Any]) -> None:
    found = step(
        "A download that breaks is resumed; the file appears complete and verified, or not at all",
        """
        done = requests.download(http + "/breaks", folder + "/film", session=session, checksum="sha256:" + sha256)
        done.size, done.path
        """,
        known,
    )
    ranges = known["server"].ranges
    breaks = "once" if len(ranges) == 2 else f"{len(ranges) - 1} times"
    note(f"the connection broke {breaks}; what was asked for: {', '.join(map(str, ranges))}")
    expect(found[0] == known["size"] and len(ranges) > 1, "the download was not resumed")


def _many(known: dict[str, Any]) -> None:
    began = time.monotonic()
    found = step(
        "Many at once, in order",
        """
        urls = [f"{http}/thinking?{n}" for n in range(40)]
        sum(response.ok for response in session.map(urls, workers=16))
        """,
        known,
    )
    note(f"40 × 20 ms in {time.monotonic() - began:.2f} seconds")
    expect(found == 40, "a response is missing")
