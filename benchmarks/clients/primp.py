"""primp: Rust's reqwest behind a small Python face."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import primp

from .with_session import SessionClient


class Client(SessionClient):
    library = primp

    def new_session(self, **options: Any) -> Any:
        return primp.Client(ca_cert_file=options.get("verify"))

    def open(self, url: str) -> AbstractContextManager[Any]:
        return self.session.get(url, stream=True)

    def pieces(self, response: Any, size: int) -> Iterable[bytes]:
        return response.iter_bytes(size)

    def once_tls(self, url: str) -> bytes:
        return self.new_session(verify=self.ca).get(url).content

    def new(self) -> None:
        self.new_session()

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        for name, value, domain in cookies:
            self.session.set_cookies(f"http://{domain}/", {name: value})

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        self.session.headers_update(fields)
        self.session.auth = login
        self.session.set_cookies("http://127.0.0.1/", cookies)

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        named = {name: str(text) for name, text in params.items()}  # it takes nothing but text
        if value is None:
            return self.session.get(url, params=named).json()
        return self.session.post(url, params=named, json=value).json()

    def close(self) -> None:
        """Nothing: it has no close of its own."""
