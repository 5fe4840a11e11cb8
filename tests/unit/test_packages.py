"""`requests.packages`: the installed urllib3 where there is one, our own names where there is none, and the bridge.

Which of the two a process sees is decided once, so most tests run a small program in a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

HAVE_URLLIB3 = importlib.util.find_spec("urllib3") is not None
WITHOUT = "import sys; sys.modules['urllib3'] = None\n"
needs_urllib3 = pytest.mark.skipif(not HAVE_URLLIB3, reason="urllib3 is not installed here")


def run(program: str, measured: bool = True) -> str:
    """Run a program with this process's path; return what it printed. `measured`: what measures coverage goes along."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        env={
            **{name: value for name, value in os.environ.items() if measured and name.startswith("COV")},
            "PYTHONPATH": ":".join(path or "." for path in sys.path),
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def without(program: str, measured: bool = True) -> str:
    """Run a program on a machine that has no urllib3."""
    return run(WITHOUT + textwrap.dedent(program), measured)


# -- our names, where urllib3 is not installed -----------------------------------------------------------------

MODULES = [
    "urllib3",
    "urllib3.exceptions",
    "urllib3.util",
    "urllib3.util.retry",
    "urllib3.util.timeout",
    "urllib3.util.ssl_",
    "urllib3.util.connection",
    "urllib3.util.url",
    "urllib3.util.request",
    "urllib3.util.response",
    "urllib3.poolmanager",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3._collections",
    "urllib3.response",
    "urllib3.fields",
    "urllib3.filepost",
    "urllib3.contrib.socks",
    "urllib3._version",
]
# Those that are rows of another room's.
OWN = {
    "urllib3.fields": "messages.multipart",
    "urllib3.filepost": "messages.multipart",
    "urllib3._collections": "sansio.http1.headers",
    "urllib3.util.response": "urllib3_api.response",
    "urllib3.contrib.socks": "urllib3_api.poolmanager",
}


@pytest.mark.parametrize("name", MODULES)
def test_every_module_that_programs_import_is_there_and_all_its_names_resolve(name: str) -> None:
    without(
        f"""
        import importlib
        module = importlib.import_module("httpcore_lite.packages.{name}")
        assert module.__name__ == "httpcore_lite.{OWN.get(name, name.replace("urllib3", "urllib3_api", 1))}"
        exported = getattr(module, "__all__", [])
        for name in [*exported, *dir(module)]:
            getattr(module, name)
        assert set(exported) <= set(dir(module))
        """
    )


def test_names_are_reached_by_attribute_without_any_import() -> None:
    without(
        """
        import httpcore_lite.packages as packages
        from httpcore_lite.urllib3_api.util.retry import Retry
        from httpcore_lite.sansio import errors
        from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
        from httpcore_lite.urllib3_api.util.timeout import Timeout
        assert packages.urllib3.util.retry.Retry is Retry is packages.urllib3.Retry is packages.urllib3.util.Retry
        assert packages.urllib3.util.Timeout is packages.urllib3.Timeout is Timeout
        assert packages.urllib3.exceptions.InsecureRequestWarning is errors.InsecureRequestWarning
        assert packages.urllib3.exceptions.HTTPError is errors.TransportError
        assert packages.urllib3.exceptions.ConnectionError is errors.ProtocolError
        assert packages.urllib3._collections.HTTPHeaderDict is HTTPHeaderDict
        assert packages.urllib3.__version__.startswith("2.")
        """
    )


def test_names_that_urllib3_2_dropped_are_absent_so_that_programs_which_look_for_them_see_version_2() -> None:
    without(
        """
        from httpcore_lite.packages.urllib3 import exceptions
        assert not hasattr(exceptions, "SNIMissingWarning") and not hasattr(exceptions, "SubjectAltNameWarning")
        """
    )


def test_importing_packages_or_its_urllib3_loads_none_of_what_is_behind_the_names() -> None:
    loaded = without(
        """
        import sys
        import httpcore_lite.packages, httpcore_lite.packages.urllib3
        httpcore_lite.packages.urllib3.disable_warnings()
        heavy = ("ssl", "socket", "email", "json", "zlib", "http", "idna", "typing",
                 "httpcore_lite.urllib3_api.poolmanager", "httpcore_lite.urllib3_api.util.retry",
                 "httpcore_lite.messages.multipart", "httpcore_lite.transport.response")
        print([name for name in heavy if name in sys.modules])
        """,
        measured=False,
    )
    assert loaded == "[]"


def test_disable_warnings_silences_our_warnings_or_one_category() -> None:
    without(
        """
        import warnings
        from httpcore_lite.packages import urllib3
        from httpcore_lite.packages.urllib3.exceptions import InsecureRequestWarning, SystemTimeWarning

        def shown(category):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                urllib3.disable_warnings(*category)
                warnings.warn("a", InsecureRequestWarning)
                warnings.warn("b", SystemTimeWarning)
            return [str(w.message) for w in caught]

        assert shown(()) == []
        assert shown((InsecureRequestWarning,)) == ["b"]
        """
    )


def test_changed_default_ciphers_count_from_then_on() -> None:
    without(
        """
        from httpcore_lite.urllib3_api.installed import in_use as _bridge; from httpcore_lite.packages import urllib3
        assert _bridge.default_ciphers() is None
        urllib3.util.ssl_.DEFAULT_CIPHERS += ":!AES"
        assert _bridge.default_ciphers() == "DEFAULT:!AES"
        urllib3.util.ssl_.DEFAULT_CIPHERS = "ECDHE+AESGCM"
        for context in (urllib3.util.ssl_.create_urllib3_context(), urllib3.util.create_urllib3_context()):
            assert all(cipher["name"].startswith(("TLS_", "ECDHE")) for cipher in context.get_ciphers())
        """
    )


def test_a_limited_address_family_counts_whichever_name_was_set() -> None:
    without(
        """
        import socket
        from httpcore_lite.urllib3_api.installed import in_use as _bridge; from httpcore_lite.packages import urllib3
        assert _bridge.gai_family() is None
        urllib3.util.connection.HAS_IPV6 = False
        assert _bridge.gai_family() == socket.AF_INET
        urllib3.util.connection.HAS_IPV6 = True
        assert _bridge.gai_family() is None
        urllib3.util.connection.allowed_gai_family = lambda: socket.AF_INET6
        assert _bridge.gai_family() == socket.AF_INET6
        """
    )


def test_socket_options_set_on_the_connection_class_count() -> None:
    without(
        """
        import socket
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.packages.urllib3.connection import HTTPConnection, HTTPSConnection
        assert HTTPConnection.default_socket_options == [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        assert _bridge.default_socket_options() is None
        keep_alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        HTTPConnection.default_socket_options = HTTPConnection.default_socket_options + [keep_alive]
        assert _bridge.default_socket_options()[-1] == keep_alive
        assert HTTPSConnection.default_socket_options[-1] == keep_alive
        """
    )


def test_create_connection_connects_with_options_and_timeout() -> None:
    without(
        """
        import socket
        from httpcore_lite.packages.urllib3.exceptions import LocationParseError
        from httpcore_lite.packages.urllib3.util.connection import create_connection
        with socket.create_server(("127.0.0.1", 0)) as server:
            option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            with create_connection(server.getsockname(), 5, socket_options=[option]) as sock:
                assert sock.gettimeout() == 5
                assert sock.getsockopt(*option[:2])
            free = server.getsockname()
        try:
            create_connection(free, 5)
        except ConnectionRefusedError:
            pass
        try:
            create_connection(("a" * 64 + ".test", 80))
        except LocationParseError as error:
            print(type(error).__name__)
        """
    )


def test_old_pickles_that_name_modules_below_packages_are_read() -> None:
    without(
        """
        import pickle
        from httpcore_lite.urllib3_api.util.retry import Retry
        old_name = b"httpcore_lite.packages.urllib3.util.retry"
        policy = pickle.dumps(Retry(3), 0).replace(b"httpcore_lite.urllib3_api.util.retry", old_name)
        assert old_name in policy and pickle.loads(policy).total == 3
        """
    )


def test_what_is_shown_under_urllib3s_names_is_one_module_with_ours_and_missing_where_we_have_none() -> None:
    without(
        """
        import importlib.util, sys
        from httpcore_lite import packages, urllib3_api
        import httpcore_lite.packages.urllib3.util.retry as shown
        from httpcore_lite.urllib3_api.util import retry
        assert shown is retry is packages.urllib3.util.retry is sys.modules["httpcore_lite.urllib3_api.util.retry"]
        assert packages.urllib3 is urllib3_api
        for name in ("urllib3.contrib.pyopenssl", "urllib3.sys", "urllib3.request", "urllib3x", "urllib3.util.retries"):
            assert importlib.util.find_spec("httpcore_lite.packages." + name) is None, name
        try:
            import httpcore_lite.packages.urllib3.contrib.pyopenssl
        except ModuleNotFoundError as error:
            assert error.name == "httpcore_lite.packages.urllib3.contrib.pyopenssl"
        """
    )


def test_every_file_of_our_urllib3_is_loaded_once_whatever_name_it_is_imported_by() -> None:
    without(
        """
        import importlib, pkgutil, sys
        import httpcore_lite.urllib3_api as own
        for found in pkgutil.walk_packages(own.__path__, own.__name__ + "."):
            shown = importlib.import_module(found.name.replace("urllib3_api", "packages.urllib3", 1))
            assert shown is sys.modules[found.name] and shown.__spec__.name == found.name, found.name
        """
    )


def test_our_modules_standing_in_as_urllib3_itself_are_not_taken_for_an_installed_one() -> None:
    without(
        """
        import importlib, sys
        from httpcore_lite import packages
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio import errors
        for name in ("urllib3", "urllib3.exceptions", "urllib3.util", "urllib3.util.connection"):
            sys.modules[name] = importlib.import_module("httpcore_lite.packages." + name)
        import urllib3.util.connection
        assert urllib3 is packages.urllib3 is importlib.import_module("httpcore_lite.packages.urllib3")
        error = errors.ProtocolError("x")
        assert type(_bridge.adopt(error)) is errors.ProtocolError
        urllib3.util.connection.HAS_IPV6 = False
        assert _bridge.gai_family() is not None
        """
    )


def test_what_is_not_installed_is_missing_as_attribute_and_as_import() -> None:
    without(
        """
        import sys
        sys.modules["chardet"] = sys.modules["charset_normalizer"] = None
        from httpcore_lite import packages
        assert not hasattr(packages, "chardet")
        assert not hasattr(packages, "nonsense")
        assert "chardet" not in dir(packages) and "urllib3" in dir(packages)
        try:
            import httpcore_lite.packages.chardet
        except ModuleNotFoundError:
            print("missing")
        """
    )


def test_idna_is_the_installed_one_under_both_names_with_its_submodules() -> None:
    run(
        """
        from httpcore_lite import packages
        import httpcore_lite.packages.idna.core
        import idna.core
        assert packages.idna is idna
        assert httpcore_lite.packages.idna.core is idna.core
        """
    )


def test_chardet_is_charset_normalizer_where_only_that_is_installed() -> None:
    run(
        """
        import sys, types
        from importlib.machinery import ModuleSpec
        sys.modules["chardet"] = None
        stand_in = types.ModuleType("charset_normalizer")
        sys.modules["charset_normalizer"] = stand_in
        from httpcore_lite import packages
        assert packages.chardet is packages.charset_normalizer is stand_in
        """
    )


def test_it_works_as_a_copy_inside_another_package(tmp_path: object) -> None:
    run(
        f"""
        import pathlib, shutil, sys
        import httpcore_lite.packages
        source = pathlib.Path(httpcore_lite.packages.__file__).parent.parent
        target = pathlib.Path({str(tmp_path)!r}) / "other" / "_vendor" / "httpcore_lite"
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        sys.path.insert(0, {str(tmp_path)!r})
        sys.modules["urllib3"] = None
        from other._vendor.httpcore_lite import packages
        assert packages.urllib3.Retry.__module__ == "other._vendor.httpcore_lite.urllib3_api.util.retry"
        import other._vendor.httpcore_lite.packages.urllib3.util.retry as retry
        assert retry.__name__ == "other._vendor.httpcore_lite.urllib3_api.util.retry"
        """
    )


# -- the installed urllib3 --------------------------------------------------------------------------------------


@needs_urllib3
def test_an_installed_urllib3_is_handed_out_as_it_is_and_loaded_only_when_asked_for() -> None:
    run(
        """
        import sys
        from httpcore_lite import packages
        assert "urllib3" not in sys.modules
        from httpcore_lite.packages.urllib3.util.retry import Retry
        import urllib3
        assert packages.urllib3 is urllib3
        assert Retry is urllib3.util.retry.Retry
        """
    )


@needs_urllib3
def test_submodules_that_urllib3_has_not_loaded_itself_are_not_loaded_twice() -> None:
    run(
        """
        import httpcore_lite.packages.urllib3.http2.probe as ours
        import urllib3.http2.probe as theirs
        assert ours is theirs
        """
    )


@needs_urllib3
def test_error_names_taken_from_adapters_are_those_of_the_installed_urllib3() -> None:
    """A program that catches `requests.adapters.MaxRetryError` catches what its own urllib3's Retry raises."""
    run(
        """
        import sys
        import httpcore_lite.adapters
        assert "urllib3" not in sys.modules
        from httpcore_lite.adapters import MaxRetryError, ProtocolError
        from urllib3.util.retry import Retry
        try:
            Retry(0).increment("GET", "/", error=ProtocolError("x"))
        except MaxRetryError as error:
            assert isinstance(error.reason, ProtocolError)
        """
    )


@needs_urllib3
def test_a_body_that_cannot_be_decoded_is_an_error_of_urllib3_too_as_in_requests() -> None:
    run(
        """
        import copy, pickle
        from httpcore_lite import exceptions as ours
        from httpcore_lite.client.failures import translate_body
        from httpcore_lite.sansio import errors
        early = ours.ContentDecodingError("x")
        assert type(early) is ours.ContentDecodingError
        import urllib3

        class Own(ours.ContentDecodingError):
            pass

        for kind in (ours.ContentDecodingError, ours.ResponseTooLarge):
            reason = errors.DecodeError("why")
            for made in (kind("why"), kind(reason, request="r"), translate_body(errors.DecodeError("y"), "r")):
                for error in (made, pickle.loads(pickle.dumps(made)), copy.copy(made)):
                    assert isinstance(error, urllib3.exceptions.HTTPError), error
                    assert isinstance(error, ours.ContentDecodingError) and isinstance(error, OSError)
                    assert (str(error), error.args[0].__class__, error.request) == (
                        str(made), made.args[0].__class__, made.request
                    )
                    assert type(error) in (ours.ContentDecodingError, ours.ResponseTooLarge)
        try:
            raise ours.ContentDecodingError(errors.DecodeError("z"))
        except urllib3.exceptions.HTTPError as error:
            assert issubclass(type(error), urllib3.exceptions.HTTPError)
        assert isinstance(Own("x"), Own) and isinstance(Own("x"), urllib3.exceptions.HTTPError)
        assert isinstance(pickle.loads(pickle.dumps(early)), urllib3.exceptions.HTTPError)
        assert isinstance(early, urllib3.exceptions.HTTPError)
        assert not isinstance(ours.ChunkedEncodingError("x"), urllib3.exceptions.HTTPError)
        """
    )


@needs_urllib3
def test_our_errors_become_urllib3s_too_and_keep_all_they_had() -> None:
    run(
        """
        import pickle, copy
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio import errors
        lonely = errors.ProtocolError("x")
        assert _bridge.adopt(lonely) is lonely and type(lonely) is errors.ProtocolError
        import urllib3.exceptions as theirs

        def broken():
            inner = errors.NewConnectionError(None, "refused")
            inner.host, inner.port = "example.test", 80
            try:
                raise inner
            except errors.NewConnectionError as reason:
                raise errors.MaxRetryError("pool", "/a", reason) from reason

        try:
            broken()
        except errors.MaxRetryError as caught:
            def everything():
                chain = caught.__cause__, caught.__context__, caught.__traceback__
                return chain, caught.args, dict(vars(caught)), str(caught), repr(caught)

            before = everything()
            adopted = _bridge.adopt(caught)
            assert adopted is caught and before == everything()
        assert isinstance(adopted, theirs.MaxRetryError) and isinstance(adopted, errors.MaxRetryError)
        assert isinstance(adopted.reason, theirs.NewConnectionError)
        assert adopted.reason is adopted.__cause__ and adopted.reason.port == 80
        assert type(_bridge.adopt(adopted)) is type(adopted)
        for twin in (pickle.loads(pickle.dumps(adopted)), copy.copy(adopted)):
            assert type(twin) is type(adopted) and twin.url == "/a"
            assert isinstance(twin.reason, theirs.NewConnectionError)
        again = errors.MaxRetryError(None, "/b")
        assert type(_bridge.adopt(again)) is type(adopted)
        """
    )


@needs_urllib3
def test_every_error_of_the_tree_can_be_adopted_shown_and_pickled() -> None:
    run(
        """
        import inspect, pickle
        import urllib3.exceptions as theirs
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio import errors
        from httpcore_lite.urllib3_api import exceptions
        special = {
            "PoolError": ("pool", "m"), "RequestError": ("pool", "/", "m"), "MaxRetryError": ("pool", "/", None),
            "HostChangedError": ("pool", "/"), "EmptyPoolError": ("pool", "m"), "FullPoolError": ("pool", "m"),
            "ClosedPoolError": ("pool", "m"), "ReadTimeoutError": ("pool", "/", "m"), "IncompleteRead": (1, 2),
            "WriteTimeoutError": ("pool", "/", "m"), "NewConnectionError": ("conn", "m"),
            "NameResolutionError": ("h", "conn", OSError("x")), "InvalidChunkLength": (None, b"x"),
            "HeaderParsingError": ([], b""),
        }
        for name, cls in {**vars(exceptions), **vars(errors)}.items():
            if not (inspect.isclass(cls) and issubclass(cls, errors.TransportError)):
                continue
            plain = cls(*special.get(name, ("m",)))
            shown = str(plain), repr(plain)
            adopted = _bridge.adopt(plain)
            assert isinstance(adopted, getattr(theirs, name, theirs.HTTPError)), name
            assert (str(adopted), repr(adopted)) == shown, name
            assert type(pickle.loads(pickle.dumps(adopted))) is type(adopted), name
        """
    )


@needs_urllib3
def test_a_pickled_adopted_error_is_read_where_urllib3_is_missing() -> None:
    run(
        """
        import pickle, subprocess, sys
        import urllib3
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio import errors
        data = pickle.dumps(_bridge.adopt(errors.ReadTimeoutError(None, "/a", "slow")))
        code = (f"import sys, pickle; sys.modules['urllib3'] = None; error = pickle.loads({data!r});"
                "assert error.url == '/a' and type(error).__name__ == 'ReadTimeoutError'")
        subprocess.run([sys.executable, "-c", code], check=True)
        """
    )


@needs_urllib3
def test_the_warning_the_family_and_the_socket_options_are_urllib3s_where_it_is_loaded() -> None:
    run(
        """
        import socket
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio import errors
        assert _bridge.insecure_request_warning() is errors.InsecureRequestWarning
        assert _bridge.gai_family() is None
        import urllib3
        assert _bridge.insecure_request_warning() is urllib3.exceptions.InsecureRequestWarning
        urllib3.util.connection.HAS_IPV6 = False
        assert _bridge.gai_family() == socket.AF_INET
        assert _bridge.default_socket_options() is None
        urllib3.connection.HTTPConnection.default_socket_options = []
        assert _bridge.default_socket_options() == []
        """
    )


@needs_urllib3
def test_policies_are_converted_for_urllib3s_own_pools() -> None:
    run(
        """
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.urllib3_api.util.retry import Retry
        ours = Retry(4, connect=1, status_forcelist=[503], backoff_factor=0.5, allowed_methods=None)
        assert _bridge.convert_retry(ours) is ours
        import urllib3
        theirs = _bridge.convert_retry(ours)
        assert type(theirs) is urllib3.Retry
        assert vars(theirs) == vars(ours)
        assert _bridge.convert_retry(theirs) is theirs
        assert _bridge.convert_retry(False) is False
        assert _bridge.convert_retry(3) == 3
        """
    )


@needs_urllib3
def test_a_subclass_of_our_retry_keeps_its_ways_in_urllib3s_pools() -> None:
    run(
        """
        import urllib3
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.urllib3_api.util.retry import Retry
        seen = []

        class Watched(Retry):
            def increment(self, *args, **kw):
                seen.append(kw.get("error"))
                return super().increment(*args, **kw)

            def sleep(self, response=None):
                seen.append("sleep")

        pool = urllib3.HTTPConnectionPool("127.0.0.1", 9, retries=False)
        try:
            pool.urlopen("GET", "/", retries=_bridge.convert_retry(Watched(2)))
        except urllib3.exceptions.MaxRetryError as error:
            assert isinstance(error.reason, urllib3.exceptions.NewConnectionError)
        else:
            raise SystemExit("no server listens on port 9")
        assert [type(entry).__name__ for entry in seen] == [
            "NewConnectionError", "str", "NewConnectionError", "str", "NewConnectionError"]
        """
    )


@needs_urllib3
def test_limits_are_converted_for_urllib3s_own_pools() -> None:
    run(
        """
        from httpcore_lite.urllib3_api.installed import in_use as _bridge
        from httpcore_lite.sansio.timeouts import Timeouts
        from httpcore_lite.urllib3_api.util.timeout import Timeout
        limits = Timeouts(connect=1, read=2, total=5)
        assert _bridge.convert_timeout(limits) is limits
        import urllib3
        theirs = _bridge.convert_timeout(limits)
        assert (type(theirs), theirs.connect_timeout, theirs._read, theirs.total) == (urllib3.Timeout, 1, 2, 5)
        theirs = _bridge.convert_timeout(Timeout(connect=3))
        assert theirs.connect_timeout == 3 and theirs._read is urllib3.Timeout.DEFAULT_TIMEOUT
        assert _bridge.convert_timeout(theirs) is theirs
        assert _bridge.convert_timeout(7) == 7
        """
    )


@needs_urllib3
@pytest.mark.parametrize("name", ["urllib3", "urllib3.util", "urllib3.exceptions", "urllib3.poolmanager"])
def test_what_urllib3_exports_is_there_under_the_same_name_or_listed_here(name: str) -> None:
    left_out = {
        "urllib3.util": {"ssl_wrap_socket", "wait_for_read", "wait_for_write"},  # parts of its own connections
    }
    theirs = run(
        f"""
        import importlib
        module = importlib.import_module("{name}")
        everything = {{n for n, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__}}
        print(*sorted(getattr(module, "__all__", everything)))
        """
    ).split()
    ours = without(
        f"""
        import importlib
        print(*dir(importlib.import_module("httpcore_lite.packages.{name}")))
        """
    ).split()
    assert set(theirs) - set(ours) == left_out.get(name, set())
