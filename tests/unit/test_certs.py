"""Where certifi's bundle is found, and that a changed certifi is asked."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from httpcore_lite import certs
from support.programs import run_code


def test_the_bundle_is_certifis_and_certifi_is_not_imported() -> None:
    import certifi

    code = "import sys; from httpcore_lite import certs; print(certs.where(), 'certifi' in sys.modules)"
    assert run_code(code) == f"{certifi.where()} False"
    assert certs.where() == certifi.where()


def test_a_replaced_where_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    monkeypatch.setattr(certifi, "where", lambda: "/elsewhere")
    assert certs.where() == "/elsewhere"


FAKE = "def where():\n    return {!r}\n"


def fake_certifi(folder: Path, source: str, bundle: bool) -> Path:
    package = folder / "certifi"
    package.mkdir()
    (package / "__init__.py").write_text("from .core import where\n")
    (package / "core.py").write_text(source)
    if bundle:
        (package / "cacert.pem").write_text("")
    return package


@pytest.mark.parametrize(
    ("source", "bundle"),
    [
        (FAKE.format("/distribution/ca.crt"), True),
        ('NAME = "cacert.pem"\n' + FAKE.format("/etc/ssl/certs/ca-certificates.crt"), True),
        ('NAME = "cacert.pem"\n' + FAKE.format("elsewhere"), False),
    ],
)
def test_a_certifi_that_a_distribution_changed_is_asked(tmp_path: Path, source: str, bundle: bool) -> None:
    fake_certifi(tmp_path, source, bundle)
    out = run_code(
        "import sys; from httpcore_lite import certs; print(certs.where(), 'certifi' in sys.modules)", str(tmp_path)
    )
    assert out.endswith(" True")
    assert out.split()[0] in source


def test_a_certifi_in_an_archive_is_asked(tmp_path: Path) -> None:
    archive = tmp_path / "site.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("certifi/__init__.py", 'NAME = "cacert.pem"\n' + FAKE.format("out of the archive"))
    assert run_code("from httpcore_lite import certs; print(certs.where())", str(archive)) == "out of the archive"


def test_a_certifi_that_an_import_hook_changes_is_asked(tmp_path: Path) -> None:
    fake_certifi(tmp_path, 'NAME = "cacert.pem"\n' + FAKE.format("unpatched"), True)
    code = (
        "import sys\n"
        "from importlib.machinery import PathFinder, SourceFileLoader\n"
        "class Loader(SourceFileLoader):\n"
        "    def exec_module(self, module):\n"
        "        super().exec_module(module); module.where = lambda: 'patched'\n"
        "class Hook:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'certifi':\n"
        "            spec = PathFinder.find_spec(name, path)\n"
        "            spec.loader = Loader(name, spec.origin)\n"
        "            return spec\n"
        "sys.meta_path.insert(0, Hook())\n"
        "from httpcore_lite import certs\n"
        "print(certs.where())"
    )
    assert run_code(code, str(tmp_path)) == "patched"


def test_the_module_is_a_command() -> None:
    assert run_code("import runpy; runpy.run_module('httpcore_lite.certs', run_name='__main__')") == certs.where()


def test_a_vendored_copy_takes_the_certifi_that_lies_beside_it(tmp_path: Path) -> None:
    """The import in `certs.py` is what tools that vendor rewrite; which file that means must follow."""
    vendored = tmp_path / "other" / "_vendor"
    shutil.copytree(Path(certs.__file__).parent, vendored / "httpcore_lite")
    source = (vendored / "httpcore_lite" / "certs.py").read_text()
    assert "from certifi import where" in source
    (vendored / "httpcore_lite" / "certs.py").write_text(source.replace("from certifi", "from other._vendor.certifi"))
    package = fake_certifi(vendored, 'BUNDLE = "cacert.pem"\n' + FAKE.format("asked"), bundle=True)
    code = "from other._vendor.httpcore_lite import certs; print(certs.where())"
    assert run_code(code, str(tmp_path)) == str(package / "cacert.pem")
    (package / "cacert.pem").unlink()
    assert run_code(code, str(tmp_path)) == "asked"
    shutil.rmtree(package)
    assert run_code("from other._vendor.httpcore_lite import certs; print(certs._CERTIFI)", str(tmp_path)) == "certifi"
