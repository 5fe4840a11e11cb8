"""The first part of the tour: what a program does every day, in ten steps."""

from __future__ import annotations

from typing import Any

from screen import expect, heading, step

import httpcore_lite as requests


def everyday(known: dict[str, Any]) -> None:
    """`known` has `url` and `session`, which trusts the demo's authority."""
    heading("Every day: as with requests")
    found = step(
        "A GET over HTTPS, with a query",
        """
        response = session.get(url + "/hello", params={"name": "Ada"}, timeout=5)
        response.status_code, response.json()
        """,
        known,
    )
    expect(found[1]["greeting"] == "Hello, Ada!", "the greeting is another one")
    found = step(
        "The next ones go out on the same connection",
        '[session.get(url + "/hello").json()["request on it"] for _ in range(3)]',
        known,
    )
    expect(found == [2, 3, 4], "the connection was not kept")
    found = step(
        "A form",
        'session.post(url + "/form", data={"colour": ["red", "blue"], "size": 3}).json()["form"]',
        known,
    )
    expect(found == {"colour": ["red", "blue"], "size": ["3"]}, "the form arrived changed")
    found = step("JSON", 'session.post(url + "/document", json={"title": "Tea", "cups": 2}).json()["document"]', known)
    expect(found == {"title": "Tea", "cups": 2}, "the document arrived changed")
    found = step(
        "Headers, and a login",
        """
        response = session.get(url + "/private", auth=("ada", "engine"), headers={"Accept-Language": "en"})
        response.json()
        """,
        known,
    )
    expect(found == {"user": "ada", "language": "en"}, "the login did not arrive")
    found = step(
        "Redirects are followed, and remembered",
        """
        response = session.get(url + "/old")
        [each.status_code for each in [*response.history, response]]
        """,
        known,
    )
    expect(found == [301, 302, 200], "a redirect is missing")
    found = step(
        "Cookies stay with the session",
        """
        session.get(url + "/login")
        session.get(url + "/seen").json()
        """,
        known,
    )
    expect(found == {"cookie": "visitor=42"}, "the cookie did not come back")
    found = step(
        "A file is uploaded",
        'session.post(url + "/upload", files={"report": ("r.csv", b"a,b\\n1,2\\n", "text/csv")}).json()',
        known,
    )
    expect(found["parts"] == 1, "the file did not arrive")
    found = step(
        "A download in pieces",
        """
        import hashlib

        digest = hashlib.sha256()
        with session.get(url + "/download", stream=True) as response:
            for piece in response.iter_content(64 * 1024):
                digest.update(piece)
        digest.hexdigest() == response.headers["X-SHA256"]
        """,
        known,
    )
    expect(found is True, "the download is damaged")
    step(
        "An error says what happened, and what helps",
        """
        with requests.Session(trust_env=False) as stranger:  # which does not trust the demo's authority
            stranger.get(url + "/hello", timeout=5)
        """,
        known,
        raises=requests.exceptions.SSLError,
    )
