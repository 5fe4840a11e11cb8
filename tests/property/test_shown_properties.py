"""What is shown of URLs, however they are written, in errors, their causes, traces and the log: never a secret."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

import httpcore_lite as client
from httpcore_lite.messages import url_errors
from httpcore_lite.sansio import redaction

SECRET = "S3CRET"
# A password that begins with a slash or a question mark is none: its URL is one of the host in front of it.
OPENINGS = ["http://", "https://", "//", "", "http:/", "http:", "https:///", "HTTP://", "ftp://", "htp://", "http//"]
OPENINGS += [
    " http://",
    "http:\\\\",
    "ws://",
    "http+unix://",
    "socks5://",
    "http;//",
    "h\ttp://",
    "://",
    ":",
    "\ufeff//",
]
USERS = ["user:S3CRET", "S3CRET", "S3CRET:", ":S3CRET", "us%20er:S3CRET", "us@er:S3CRET", "user:S3CRET/1"]
USERS += ["user:S3CRET#1", "user:S3\u00e9:S3CRET", "[user:S3CRET", "user:S3CRET ", "\u2100:S3CRET"]
HOSTS = [
    "h.invalid",
    "h.invalid:80",
    "h.invalid:x",
    "h.invalid:99999",
    "[::1",
    "[::1]",
    "",
    "*.invalid",
    "h\u2100.invalid",
]
HOSTS += ["a..invalid", "\u3002", "h%00", "127.0.0.1:9", "-", "x" * 70]
RESTS = ["", "/", "/path", "?a=b", "?token=S3CRET", "#x", "/a@b", "?next=http://user:S3CRET@h.invalid/", "/%zz", "\n/"]
RESTS += ["#access_token=S3CRET&x", "/?x=1;password=S3CRET"]

URLS = st.tuples(*map(st.sampled_from, (OPENINGS, USERS, HOSTS, RESTS))).map(
    lambda parts: f"{parts[0]}{parts[1]}@{parts[2]}{parts[3]}"
)


def refused(host: str, port: int) -> list[str]:
    raise OSError("nothing is looked up here")


def everything_shown(url: Any, **given: Any) -> str:
    """Ask for a URL; return all that can be read of it in an error, its causes, the trace and the log."""
    told: list[str] = []
    logger, handler = logging.getLogger("httpcore_lite"), logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with client.Session(resolver=refused, trace=lambda *event: told.append(repr(event))) as session:
            session.trust_env = False
            told.append(repr(session.get(url, timeout=1, **given)))
    except client.RequestException as error:
        told += traceback.format_exception(None, error, None)  # the lines of source name no value
        told += [repr(error), str(error)]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return "\n".join(told)


@given(URLS)
@example("//user:S3CRET@h/")
@example("http:/user:S3CRET@h")
@example("user:S3CRET@h")
def test_no_text_about_a_url_shows_its_secrets(url: str) -> None:
    for shown in (
        redaction.masked_target(url),
        url_errors.shown(url),
        url_errors.no_scheme(url),
        url_errors.no_host(url),
    ):
        assert SECRET not in shown, shown
    assert SECRET not in url_errors.no_adapter(url)
    shown = everything_shown(url)
    assert SECRET not in shown, shown


@given(URLS)
def test_no_text_about_a_proxy_shows_its_secrets(url: str) -> None:
    shown = everything_shown("http://h.invalid/", proxies={"http": url})
    assert SECRET not in shown, shown
