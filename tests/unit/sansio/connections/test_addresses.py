"""Which addresses a filter is shown for another spelling of them."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio.connections.addresses import effective_addresses, effective_addresses_of_host


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        ("64:ff9b::10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::a9fe:a9fe", ["169.254.169.254"]),
        ("::10.0.0.1", ["10.0.0.1"]),
        ("::ffff:0:10.0.0.1", ["10.0.0.1"]),
        ("2002:7f00:1::", ["127.0.0.1"]),
        ("2002:a00:1:5:6:7:8:9", ["10.0.0.1"]),
        ("2001:0:a00:1::f5ff:fffe", ["10.0.0.1", "10.0.0.1"]),
        ("2001:db8::5efe:10.0.0.1", ["10.0.0.1"]),
        ("fe80::200:5efe:10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b:1::10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b:1:a00:0:100::", ["10.0.0.1", "0.0.1.0"]),
        ("64:ff9b:1:f0a:0:1::", ["10.0.0.1"]),
        ("64:ff9b:1:ffff:a:0:100::", ["10.0.0.1"]),
    ],
)
def test_an_ipv4_address_inside_of_an_ipv6_one_is_shown_beside_it(address: str, inner: list[str]) -> None:
    shown = effective_addresses(address)
    assert shown[0] == ip_address(address)
    assert set(map(ip_address, inner)) <= set(shown[1:])


@pytest.mark.parametrize("address", ["10.0.0.1", "::", "::1", "2001:db8::1", "fe80::1%eth0", "fc00::5efe:1"])
def test_what_has_nothing_inside_is_shown_as_it_is(address: str) -> None:
    assert effective_addresses(address) == (ip_address(address),)


def test_of_a_mapped_address_the_ipv4_one_is_shown() -> None:
    assert effective_addresses("::ffff:127.0.0.1") == (ip_address("127.0.0.1"),)


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "167772161", "0xa000001", "0XA000001", "012.0.0.1", "10.1", "10.0.1", "0xa.0.0.0x1", "012.1",
     "10.0.0.1.", "%31%30.0.0.1", "000012.0x0.1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_every_spelling_of_an_address_is_that_address(host: str) -> None:
    assert ip_address("10.0.0.1") in (effective_addresses_of_host(host) or ())


@pytest.mark.parametrize(
    ("host", "both"),
    [("012.0.0.1", ["10.0.0.1", "12.0.0.1"]), ("010.0.0.1", ["8.0.0.1", "10.0.0.1"]), ("08.0.0.1", ["8.0.0.1"])],
)
def test_a_leading_zero_stands_for_both_that_it_may_mean(host: str, both: list[str]) -> None:
    assert effective_addresses_of_host(host) == tuple(map(ip_address, both))


@pytest.mark.parametrize(
    "host", ["localhost", "example.org", "1.2.3.4.example", "xn--p1ai", "0xyz", "a.0xg", "", "10.com"]
)
def test_a_name_is_none(host: str) -> None:
    assert effective_addresses_of_host(host) is None


@pytest.mark.parametrize(
    "host", ["10.0.0.256", "1.2.3.4.5", "4294967296", "name.1", "1..2", "0x100000000", "9" * 5000, "::zz"]
)
def test_what_ends_in_a_number_and_is_no_address_is_no_name_either(host: str) -> None:
    assert effective_addresses_of_host(host) == ()


@given(
    st.lists(st.tuples(st.integers(0, 2**32 + 5), st.sampled_from(["{}", "0x{:x}", "0{:o}"])), min_size=1, max_size=5)
)
def test_whatever_the_c_library_reads_is_read_alike(parts: list[tuple[int, str]]) -> None:
    host = ".".join(form.format(number) for number, form in parts)
    try:
        expected = IPv4Address(socket.inet_aton(host))
    except OSError:
        return
    assert expected in (effective_addresses_of_host(host) or ())
