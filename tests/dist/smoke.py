"""What a fresh installation must do: smoke.py HTTP-URL HTTPS-URL CA-FILE. Nothing but the package is there."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import sys

import httpcore_lite as requests


def main() -> None:
    """Every name of the front door, requests over http and https, and what the distribution says of itself."""
    plain, tls, authority = sys.argv[1:]
    for name in requests.__all__:
        getattr(requests, name)
    assert requests.get(plain, timeout=10).json()["method"] == "GET"
    with requests.Session() as session:
        session.verify = authority
        assert session.post(tls, json={"a": [1, 2]}, timeout=10).json()["method"] == "POST"
        assert session.get(tls, timeout=10).ok
    try:
        requests.get(tls, timeout=10)
    except requests.exceptions.SSLError:
        pass
    else:
        raise AssertionError("an authority that is in no bundle was trusted")
    assert importlib.metadata.version("httpcore-lite") == requests.__version__
    assert (importlib.resources.files("httpcore_lite") / "py.typed").is_file()
    extras = importlib.metadata.metadata("httpcore-lite").get_all("Provides-Extra") or []
    said = f"{len(requests.__all__)} names, http, https, version {requests.__version__}, extras {', '.join(extras)}"
    print(f"smoke test: {said}")


if __name__ == "__main__":
    main()
