"""A guided tour: the client against a real server on this machine. `make run` starts it.

Each stop shows the lines a program would write, does it, and prints what came back. If something is not as it should
be, the tour says so and ends with exit code 1.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import Any

from server import Demo, demo

import httpcore_lite as requests

COLOURS = sys.stdout.isatty()
WIDTH = 44


def paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if COLOURS else text


def stop(title: str, *code: str) -> None:
    """Announce what comes next, and the lines that do it."""
    print("\n" + paint("1", title))
    for line in code:
        print(paint("36", "    >>> " + line))


def show(*parts: Any) -> None:
    print("    " + " ".join(str(part) for part in parts))


def expect(truth: bool, what: str) -> None:
    if not truth:
        raise SystemExit(paint("31", f"\nThis is not as it should be: {what}"))


def kept_alive(session: requests.Session, site: Demo) -> None:
    stop(
        "JSON over HTTPS, three times on one connection",
        "session = requests.Session()",
        "session.verify = 'ca.pem'              # the authority was made a moment ago",
        "session.get(url + '/hello', params={'name': 'Ada'}).json()",
    )
    documents = []
    for name in ("Ada", "Grace", "Mary"):
        started = time.perf_counter()
        response = session.get(site.https + "/hello", params={"name": name}, timeout=5)
        spent = (time.perf_counter() - started) * 1000
        response.raise_for_status()
        documents.append(response.json())
        show(response.status_code, documents[-1], paint("2", f"{spent:.1f} ms"))
    expect(len({each["connection"] for each in documents}) == 1, "the connection was not kept")


def posts(session: requests.Session, site: Demo) -> None:
    stop("A form", "session.post(url, data={'colour': ['red', 'blue'], 'size': 3}).json()")
    response = session.post(site.https + "/form", data={"colour": ["red", "blue"], "size": 3}, timeout=5)
    show(response.json())
    expect(response.json()["form"] == {"colour": ["red", "blue"], "size": ["3"]}, "the form arrived changed")
    stop("A JSON document", "session.post(url, json={'answer': 42, 'of': ['life', 'the universe']}).json()")
    document = {"answer": 42, "of": ["life", "the universe"]}
    response = session.post(site.https + "/document", json=document, timeout=5)
    show(response.json())
    expect(response.json()["document"] == document, "the document arrived changed")


def download(session: requests.Session, site: Demo) -> None:
    stop(
        "A download in pieces, with progress",
        "with session.get(url, stream=True) as response:",
        "    for piece in response.iter_content(64 * 1024): ...",
    )
    digest, received = hashlib.sha256(), 0
    with session.get(site.https + "/download", stream=True, timeout=5) as response:
        total = int(response.headers["Content-Length"])
        shown = -1
        for piece in response.iter_content(64 * 1024):
            digest.update(piece)
            received += len(piece)
            filled = received * WIDTH // total
            if filled != shown and (COLOURS or filled == WIDTH):
                bar = "#" * filled + "." * (WIDTH - filled)
                print(f"\r    [{bar}] {received / 2**20:.1f} of {total / 2**20:.1f} MiB", end="", flush=True)
            shown = filled
    print()
    same = digest.hexdigest() == response.headers["X-SHA256"]
    show("sha256 is", "that of the server's copy" if same else "wrong")
    expect(same, "the download is damaged")


def redirect(session: requests.Session, site: Demo) -> None:
    stop("Redirects are followed, and remembered", "response = session.get(url + '/old')", "response.history")
    response = session.get(site.https + "/old", timeout=5)
    for each in response.history:
        show(each.status_code, each.url, "->", each.headers["Location"])
    show(response.status_code, response.url)
    expect([each.status_code for each in response.history] == [301, 302], "a redirect is missing")


def cookies(session: requests.Session, site: Demo) -> None:
    stop("Cookies stay with the session", "session.get(url + '/login')", "session.get(url + '/who').json()")
    session.get(site.https + "/login", timeout=5)
    show("kept:", dict(session.cookies))
    seen = session.get(site.https + "/who", timeout=5).json()
    show(seen)
    expect(seen == {"cookie": "visitor=42"}, "the cookie did not come back")


def errors(session: requests.Session, site: Demo) -> None:
    stop("A server that does not respond", "session.get(url + '/slow', timeout=0.5)")
    started = time.perf_counter()
    try:
        session.get(site.https + "/slow", timeout=0.5)
    except requests.exceptions.Timeout as error:
        spent = time.perf_counter() - started
        show(paint("33", type(error).__name__ + ":"), error, paint("2", f"after {spent:.2f} s"))
        expect(spent < 3, "the timeout came late")
    else:
        expect(False, "there was no timeout")
    stop("An authority that is not trusted", "requests.get(url)                       # without ca.pem")
    try:
        with requests.Session() as stranger:
            stranger.trust_env = False
            stranger.get(site.https + "/hello", timeout=5)
    except requests.exceptions.SSLError as error:
        show(paint("33", type(error).__name__ + ":"), error)
    else:
        expect(False, "an unknown authority was trusted")


def plain(session: requests.Session, site: Demo) -> None:
    stop("And without TLS", "requests.get('http://localhost/hello').headers")
    response = session.get(site.http + "/hello", timeout=5)
    show(response.status_code, response.reason, dict(response.headers))


def main() -> None:
    with demo() as site:
        print(paint("1", f"httpcore_lite {requests.__version__}"), "against", site.https, "and", site.http)
        with requests.Session() as session:
            session.verify = site.ca
            session.trust_env = False  # no proxy between this machine and itself
            for part in (kept_alive, posts, download, redirect, cookies, errors, plain):
                part(session, site)
    print("\n" + paint("32", "That was the tour. A URL of your own: make run URL=https://..."))


if __name__ == "__main__":
    main()
