"""What a program on requests writes, checked with the stand-in in the place of requests (`check.py` does that)."""

import requests
import requests.exceptions
from requests import Session
from requests.adapters import DEFAULT_RETRIES, HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.cookies import RequestsCookieJar
from requests.exceptions import ConnectionError, HTTPError
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, quote


class Token(AuthBase):
    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = "token"
        return r


class Adapter(HTTPAdapter):
    retries: int = DEFAULT_RETRIES


def ask(session: Session) -> Response:
    session.mount("https://", Adapter(max_retries=3))
    try:
        return session.get(quote("https://example.org/"), auth=HTTPBasicAuth("user", "password"), timeout=5)
    except (ConnectionError, HTTPError, requests.exceptions.Timeout, requests.RequestException) as error:
        print(error.request, requests.__version__, requests.codes.ok)
        raise


response = ask(requests.Session())
jar: RequestsCookieJar = response.cookies
headers: CaseInsensitiveDict[str] = response.headers
status: int = requests.get("https://example.org/", headers=default_headers(), timeout=5).status_code
wrong: str = response.status_code  # expect-error
requests.get("https://example.org/", no_such_argument=True)  # expect-error
requests.no_such_name  # expect-error
requests.adapters.HTTPAdapter(max_retries="three")  # expect-error
