"""What a bug report says about the machine."""

from __future__ import annotations

import json
from unittest import mock

import pytest

from httpcore_lite import help


def test_info_has_requests_keys_and_ours() -> None:
    info = help.info()
    expected = "platform implementation system_ssl using_pyopenssl using_charset_normalizer pyOpenSSL urllib3 chardet "
    expected += "charset_normalizer cryptography idna requests httpcore_lite h11 certifi ssl"
    assert set(info) == set(expected.split())
    assert info["system_ssl"]["version"]
    assert info["implementation"]["version"]
    json.dumps(info)


class Package:
    def __init__(self, version: str) -> None:
        self.__version__ = version


def test_modules_are_looked_up_where_programs_patch_them() -> None:
    with mock.patch("httpcore_lite.help.idna", new=None):
        assert help.info()["idna"] == {"version": ""}
    with mock.patch("httpcore_lite.help.idna", new=Package("2.6")):
        assert help.info()["idna"] == {"version": "2.6"}
    with mock.patch("httpcore_lite.help.chardet", new=Package("5")):
        assert help.info()["chardet"] == {"version": "5"}
        assert help.info()["using_charset_normalizer"] is False


def test_a_platform_that_cannot_be_told_is_unknown() -> None:
    with mock.patch("platform.system", side_effect=OSError):
        assert help.info()["platform"] == {"system": "Unknown", "release": "Unknown"}
    with mock.patch("platform.python_implementation", return_value="Other"):
        assert help._implementation() == {"name": "Other", "version": "Unknown"}


def test_main_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    help.main()
    assert json.loads(capsys.readouterr().out)["implementation"]["name"]
