"""Values: each field named once, refused when wrong, compared as keys, and never shown when secret."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import httpcore_lite
from httpcore_lite.sansio import Key, Value
from httpcore_lite.sansio.connections.ledger import Limits
from httpcore_lite.sansio.connections.routes import ProxyRoute, Route, TLSSettings
from httpcore_lite.sansio.http1.exchange import ConnectionInfo

ROOT = Path(httpcore_lite.__file__).parent.parent


class Point(Value):
    x: int
    y: int = 2
    _secret = ("y",)


class Place(Key):
    name: str
    number: int = 0


def test_fields_are_given_by_name_or_in_the_order_of_the_class_and_defaults_fill_the_rest() -> None:
    for point in (Point(1), Point(x=1), Point(1, 2), Point(y=2, x=1)):
        assert (point.x, point.y) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((), {}), ((), {"y": 1}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"z": 1, "y": 1})],
)
def test_what_is_missing_unknown_or_given_twice_is_refused(arguments: Any, named: Any) -> None:
    with pytest.raises(TypeError, match=r"Point\(\) takes x, y"):
        Point(*arguments, **named)


def test_a_mistake_names_no_value() -> None:
    with pytest.raises(TypeError) as caught:
        TLSSettings(key_password="hush", nonsense="hush")  # type: ignore[call-arg]
    assert "hush" not in str(caught.value)


def test_a_value_has_its_fields_and_no_others() -> None:
    point: Any = Point(1)
    with pytest.raises(AttributeError):
        point.z = 3
    assert not hasattr(point, "__dict__")


def test_only_what_differs_from_the_default_is_shown_and_a_secret_never() -> None:
    assert repr(Point(1)) == "Point(x=1)"
    assert repr(Point(1, 3)) == "Point(x=1, y=***)"
    assert repr(Limits(total=3)) == "Limits(total=3)"


def test_keys_are_equal_by_their_fields_and_only_in_their_class() -> None:
    class Other(Key):
        name: str
        number: int = 0

    assert Place("a") == Place("a", 0)
    assert {Place("a"): 1}[Place(name="a")] == 1
    assert Place("a") != Place("b")
    assert Place("a") != Other("a")
    assert Place("a") != ("a", 0)


def test_a_key_hashes_its_fields_once() -> None:
    class Counted(str):
        hashed = 0
        __slots__ = ()

        def __hash__(self) -> int:
            Counted.hashed += 1
            return super().__hash__()

    place = Place(Counted("a"))
    assert hash(place) == hash(place)
    assert Counted.hashed == 1


def test_plain_values_are_compared_by_identity_whatever_they_hold() -> None:
    one, other = (ConnectionInfo(1, certificate={"subject": ()}) for _ in range(2))
    assert one != other
    assert len({one, other}) == 2


def test_a_replaced_value_differs_in_what_was_named() -> None:
    proxy = ProxyRoute("http", "proxy.test", 3128)
    other = proxy.replaced(port=8080)
    assert (other.port, other.host, proxy.port) == (8080, "proxy.test", 3128)


def test_a_copy_and_a_pickle_are_equal_and_hash_anew() -> None:
    route = Route("https", "a.test", 443, tls=TLSSettings(verify=False))
    hash(route)
    for again in (copy.copy(route), copy.deepcopy(route), pickle.loads(pickle.dumps(route))):
        assert again == route
        assert hash(again) == hash(route)
        assert again is not route


def test_nothing_is_loaded_for_values() -> None:
    program = (
        "import sys; import httpcore_lite.sansio.connections.routes; "
        "print(*{'typing', 'dataclasses', 'inspect'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_type_checker_refuses_wrong_fields_and_types(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    program = tmp_path / "program.py"
    wrong = [
        'Route("http", "a.test", "80")',
        'Route("http", "a.test")',
        'Route("http", "a.test", 80, tsl=None)',
        "Limits(idle=None)",
        'TLSSettings(ca_file="/ca.pem")',
        'TLSSettings(verify="yes")',
        "Limits().total = 3",
        "ConnectionInfo()",
    ]
    right = [
        'Route("http", "a.test", 80, tls=TLSSettings(verify=False))',
        "Limits(idle_timeout=None)",
        "hash(Limits())",
    ]
    imports = [
        "from httpcore_lite.sansio.connections.ledger import Limits",
        "from httpcore_lite.sansio.connections.routes import Route, TLSSettings",
        "from httpcore_lite.sansio.http1.exchange import ConnectionInfo",
    ]
    program.write_text("\n".join([*imports, *right, *wrong]))
    arguments = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={tmp_path}", str(program)]
    found = {int(line.split(":")[1]) for line in api.run(arguments)[0].splitlines() if ": error: " in line}
    first = len(imports) + len(right) + 1
    assert found == set(range(first, first + len(wrong)))
