"""curl_cffi: libcurl under an API near to that of requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curl_cffi import requests

from . import base


class Client(base.Client):
    decodes = True

    def __init__(self, ca: str) -> None:
        self.session = requests.Session(verify=ca)

    def get(self, url: str) -> bytes:
        return self.session.get(url).content

    def post_json(self, url: str, value: object) -> bytes:
        return self.session.post(url, json=value).content

    def stream(self, url: str, size: int) -> Iterator[bytes]:
        response = self.session.get(url, stream=True)
        yield from response.iter_content()
        response.close()

    def lines(self, url: str) -> Iterator[bytes]:
        response = self.session.get(url, stream=True)
        yield from response.iter_lines()
        response.close()

    def once(self, url: str) -> bytes:
        return requests.get(url).content

    def follow(self, url: str) -> bytes:
        return self.session.get(url).content

    def text(self, url: str) -> str:
        return self.session.get(url).text

    def new(self) -> None:
        requests.Session().close()

    def fill_jar(self, cookies: Iterable[tuple[str, str, str]]) -> None:
        for name, value, domain in cookies:
            self.session.cookies.set(name, value, domain=domain, path="/")

    def start_api(self, fields: dict[str, str], login: tuple[str, str], cookies: dict[str, str]) -> None:
        self.session.headers.update(fields)
        self.session.auth = login
        for name, value in cookies.items():
            self.session.cookies.set(name, value, domain="127.0.0.1", path="/")

    def api(self, url: str, params: dict[str, object], value: object) -> object:
        if value is None:
            return self.session.get(url, params=params).json()
        return self.session.post(url, params=params, json=value).json()

    def close(self) -> None:
        self.session.close()
