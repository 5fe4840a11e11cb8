"""pycurl: libcurl with one handle that is used again, which is what C can do here."""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pycurl

from . import base


class Client(base.Client):
    def __init__(self, ca: str) -> None:
        self.curl = pycurl.Curl()
        self.ca = ca
        self.curl.setopt(pycurl.CAINFO, ca)

    def _perform(self, url: str) -> bytes:
        """Body, header lines and status, as any use of a response needs them."""
        body = io.BytesIO()
        headers: list[bytes] = []
        curl = self.curl
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.WRITEFUNCTION, body.write)
        curl.setopt(pycurl.HEADERFUNCTION, headers.append)
        curl.perform()
        if curl.getinfo(pycurl.RESPONSE_CODE) != 200:
            raise ValueError(headers)
        return body.getvalue()

    def _start_again(self) -> None:
        """Forget the last request's options; connections and TLS sessions stay."""
        self.curl.reset()
        self.curl.setopt(pycurl.CAINFO, self.ca)

    def get(self, url: str) -> bytes:
        return self._perform(url)

    def post_json(self, url: str, value: object) -> bytes:
        self.curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
        self.curl.setopt(pycurl.POSTFIELDS, json.dumps(value))
        return self._perform(url)

    def save(self, url: str, path: str, size: int) -> None:
        with open(path, "wb") as file:
            self.curl.setopt(pycurl.URL, url)
            self.curl.setopt(pycurl.WRITEDATA, file)
            self.curl.perform()

    def upload(self, url: str, path: str) -> bytes:
        self._start_again()
        with open(path, "rb") as file:
            self.curl.setopt(pycurl.POST, 1)
            self.curl.setopt(pycurl.READDATA, file)
            self.curl.setopt(pycurl.POSTFIELDSIZE_LARGE, os.path.getsize(path))
            return self._perform(url)

    def multipart(self, url: str, path: str) -> bytes:
        self._start_again()
        self.curl.setopt(pycurl.HTTPPOST, [("file", (pycurl.FORM_FILE, path))])
        return self._perform(url)

    def follow(self, url: str) -> bytes:
        self.curl.setopt(pycurl.FOLLOWLOCATION, 1)
        return self._perform(url)

    def new(self) -> None:
        pycurl.Curl().close()

    def api(self, url: str, params: dict[str, object], value: object) -> Any:
        _, url, body, fields = self.finished(url, params, value)
        self.curl.setopt(pycurl.HTTPHEADER, [f"{name}: {text}" for name, text in fields.items()])
        if body is None:
            self.curl.setopt(pycurl.HTTPGET, 1)
        else:
            self.curl.setopt(pycurl.POSTFIELDS, body)
        return json.loads(self._perform(url))

    def once(self, url: str) -> bytes:
        curl, body = pycurl.Curl(), io.BytesIO()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.WRITEFUNCTION, body.write)
        curl.setopt(pycurl.CAINFO, self.ca)
        curl.perform()
        curl.close()
        return body.getvalue()

    def once_tls(self, url: str) -> bytes:
        return self.once(url)

    def close(self) -> None:
        self.curl.close()
