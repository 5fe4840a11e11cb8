"""The command line: `httpcore-lite [METHOD] URL [ITEM ...]`, or `python -m httpcore_lite`.

The front door: what is asked for is parsed, then run. Options are curl's, items are HTTPie's, exit codes are curl's;
the rooms in `client/command` say how. `--as-requests script.py args...` runs another program with this package in
requests' place.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .__version__ import __version__
from .adapters import HTTPAdapter
from .client.command.asking import full_proxy, proxy_with_user
from .client.command.parsing import parse
from .client.command.table import PROGRAM, Settings, UsageError
from .sessions import Session
from .urllib3_api.poolmanager import PoolManager, ProxyManager
from .utils import get_environ_proxies, should_bypass_proxies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import _types as _t
    from .models import PreparedRequest, Request, Response

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: the words after the program's name; `sys.argv[1:]` by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--as-requests"]:
        return _run_as_requests(words[1:])
    try:
        return _run(words)
    except KeyboardInterrupt:
        return 130


def _run(words: Sequence[str]) -> int:
    try:
        settings = parse(words)
    except UsageError as error:
        return _refused(error)
    if settings.help:
        from .client.command.manual import help_text

        return _printed(help_text().rstrip())
    if settings.version:
        return _printed(f"{PROGRAM} {__version__}")
    if settings.stand_in is not None:
        if settings.words:
            return _refused(UsageError("write --stand-in DIRECTORY alone: it requests no URL"))
        return _stand_in(settings.stand_in)
    if not settings.words:
        return _refused(UsageError(f"write a URL: {PROGRAM} [METHOD] URL [ITEM ...]; --help shows all"))
    return _request(settings)


def _refused(error: Exception) -> int:
    from .client.command.exit_codes import line
    from .client.command.running import say

    say(line(str(error)))
    return 2


def _printed(text: str) -> int:
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # that is a pager that was left
            _refused(OSError(f"Is there room, and may it be written? {error.strerror}"))
            return 23
    return 0


def _request(settings: Settings) -> int:
    from .client.command.running import Run

    return Run(settings, CommandSession)()


class CommandSession(Session):
    """A Session that obeys -n, -x, -U, -p and --noproxy.

    Args:
        settings: what the command line says.
        options: those of Session.
    """

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**options)
        self._settings = settings
        if settings.tunnel:
            self.mount("http://", Tunnelling(**{name: options[name] for name in options if name != "max_redirects"}))

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Return the PreparedRequest for `request`, with a login from netrc where -n says so."""
        self.trust_env = self._settings.netrc
        try:
            prepared = super().prepare_request(request)
        finally:
            self.trust_env = True
        if self._settings.method is not None:
            prepared.method = self._settings.method  # its letters as they are: methods are told apart by case
        return prepared

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Take away credentials that are not for the new URL, and find those that netrc has for it, with -n."""
        self.trust_env = self._settings.netrc
        try:
            super().rebuild_auth(prepared_request, response)
        finally:
            self.trust_env = True

    def merge_environment_settings(
        self,
        url: str,
        proxies: _t.ProxiesParamType,
        stream: bool | None,
        verify: _t.VerifyType | None,
        cert: _t.CertType,
    ) -> _t.Keywords:
        """Return the settings for a call, with the proxies for `url`."""
        return super().merge_environment_settings(url, self._proxies_for(url), stream, verify, cert)

    def rebuild_proxies(self, prepared_request: PreparedRequest, proxies: dict[str, str] | None) -> dict[str, str]:
        """Return the proxies for the new URL."""
        found: Any = self._proxies_for(str(prepared_request.url))
        return super().rebuild_proxies(prepared_request, found)

    def _proxies_for(self, url: str) -> _t.ProxiesParamType:
        """Return the proxies for a URL, False for none; {} means those of the environment."""
        settings = self._settings
        proxy = settings.proxy
        if proxy is None and settings.no_proxy is None and settings.proxy_user is None:
            return {}
        if proxy == "" or should_bypass_proxies(url, no_proxy=settings.no_proxy):
            return False
        if proxy is not None:
            proxy = full_proxy(proxy)
        else:
            found = get_environ_proxies(url, no_proxy=settings.no_proxy)
            proxy = found.get(url.partition(":")[0], found.get("all"))
        return dict.fromkeys(("http", "https"), proxy_with_user(proxy, settings.proxy_user)) if proxy else False


class Tunnelling(HTTPAdapter):
    """Asks a proxy for a tunnel for http:// as well."""

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> PoolManager:
        """Return the manager of connections through the proxy at this URL."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if isinstance(manager, ProxyManager) and manager.proxy_config is not None:
            manager.proxy_config = manager.proxy_config.replaced(use_tunnel_for_http=True)
        return manager

    def request_url(self, request: PreparedRequest, proxies: dict[str, str] | None) -> str:
        """Return the target, which is for the origin."""
        return request.path_url


def _stand_in(directory: str) -> int:
    from .stand_in import write

    if directory[:1] in ("", "-"):
        return _refused(UsageError("name a directory: --stand-in DIRECTORY"))
    try:
        path = write(directory)
    except OSError as error:
        _refused(OSError(f"Is the path right? {error.strerror}: {directory}"))
        return 23
    return _printed(str(path))


# -- another program, with us in requests' place -----------------------------------------------------------------------


def _run_as_requests(words: list[str]) -> int:
    """Run a script or `-m module` as the main program, after `install_as_requests(urllib3=True)`.

    A program on requests takes for granted that urllib3 is there too, since requests installs it.
    """
    import runpy

    from ._alias import install_as_requests

    is_module = words[:1] == ["-m"]
    program, arguments = (words[1:2], words[2:]) if is_module else (words[:1], words[1:])
    if not program:
        print(f"usage: {PROGRAM} --as-requests SCRIPT|-m MODULE [arguments...]", file=sys.stderr)
        return 2
    if not is_module and not os.path.exists(program[0]):
        print(f"{PROGRAM}: there is no file {program[0]}", file=sys.stderr)
        return 2
    install_as_requests(urllib3=True)
    sys.argv = [program[0], *arguments]
    if is_module:
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
        return 0
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        # As `python script.py` does: the script's folder comes first where modules are looked for.
        sys.path[0] = os.path.dirname(os.path.abspath(program[0]))
    runpy.run_path(program[0], run_name="__main__")
    return 0
