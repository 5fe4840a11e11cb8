"""Is this the certificate that the caller meant?"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from httpcore_lite.sansio.connections.peer_checks import check_fingerprint, check_hostname
from httpcore_lite.sansio.errors import SSLError

DER = b"a certificate, as far as a digest is concerned"
DIGESTS = {name: hashlib.new(name, DER).hexdigest() for name in ("md5", "sha1", "sha256")}


def colons(digest: str) -> str:
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2))


def names(*dns: str, ip: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"subjectAltName": (*(("DNS", name) for name in dns), *(("IP Address", name) for name in ip))}


def accepts(certificate: dict[str, Any], hostname: str) -> bool:
    try:
        check_hostname(certificate, hostname)
    except SSLError:
        return False
    return True


# -- fingerprints ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", sorted(DIGESTS))
def test_a_fingerprint_is_md5_sha1_or_sha256_in_any_usual_spelling(algorithm: str) -> None:
    digest = DIGESTS[algorithm]
    for spelling in (digest, digest.upper(), colons(digest), colons(digest).upper()):
        check_fingerprint(DER, spelling)


@pytest.mark.parametrize("algorithm", sorted(DIGESTS))
def test_one_wrong_digit_is_refused(algorithm: str) -> None:
    digest = DIGESTS[algorithm]
    for place in (0, len(digest) // 2, -1 % len(digest)):
        other = "0" if digest[place] != "0" else "1"
        wrong = digest[:place] + other + digest[place + 1 :]
        with pytest.raises(SSLError, match="did not match") as caught:
            check_fingerprint(DER, wrong)
        assert wrong in str(caught.value)
        assert digest in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 39, 41, 56, 63, 65, 96, 128])
def test_a_digest_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SSLError, match="no MD5, SHA-1 or SHA-256"):
        check_fingerprint(DER, "a" * length)


@pytest.mark.parametrize("letter", ["g", "z", " ", "-", "x", "ä", "٣", "１"])
def test_what_is_no_hex_is_refused_with_the_same_words(letter: str) -> None:
    digest = DIGESTS["sha256"]
    with pytest.raises(SSLError, match="digest in hex"):
        check_fingerprint(DER, digest[:-1] + letter)


def test_no_certificate_never_matches() -> None:
    with pytest.raises(SSLError, match="showed no certificate"):
        check_fingerprint(None, DIGESTS["sha256"])
    with pytest.raises(SSLError):
        check_fingerprint(b"", DIGESTS["sha256"])


# -- names -------------------------------------------------------------------------------------------------------


def test_a_name_matches_itself_whatever_its_case_or_trailing_dot() -> None:
    for hostname in ("example.org", "EXAMPLE.org", "example.org."):
        assert accepts(names("example.org"), hostname)
    assert accepts(names("Example.ORG."), "example.org")


@pytest.mark.parametrize(
    "other", ["example.com", "www.example.org", "xexample.org", "example.org.evil.test", "org", ""]
)
def test_another_name_is_refused(other: str) -> None:
    assert not accepts(names("example.org"), other)


def test_any_of_several_names_will_do() -> None:
    certificate = names("a.test", "b.test", "*.c.test", ip=("192.0.2.1",))
    for hostname in ("a.test", "b.test", "x.c.test", "192.0.2.1"):
        assert accepts(certificate, hostname)


def test_a_wildcard_stands_for_exactly_one_whole_leftmost_label() -> None:
    wild = names("*.example.org")
    assert accepts(wild, "www.example.org")
    assert accepts(wild, "WWW.Example.Org")
    for hostname in ("example.org", "a.b.example.org", "www.example.com", "wwwexample.org"):
        assert not accepts(wild, hostname), hostname


def test_a_wildcard_stands_for_no_empty_label() -> None:
    assert not accepts(names("*.example.org"), ".example.org")


@pytest.mark.parametrize(
    "pattern", ["w*.example.org", "*w.example.org", "w*w.example.org", "www.*.org", "**.example.org"]
)
def test_a_partial_or_inner_wildcard_matches_nothing(pattern: str) -> None:
    for hostname in ("www.example.org", "ww.example.org", "w.example.org"):
        assert not accepts(names(pattern), hostname)


@pytest.mark.parametrize(("pattern", "hostname"), [("*.org", "example.org"), ("*", "localhost"), ("*.", "localhost")])
def test_a_wildcard_for_a_whole_top_level_matches_nothing(pattern: str, hostname: str) -> None:
    assert not accepts(names(pattern), hostname)


def test_an_address_matches_ip_entries_only() -> None:
    assert accepts(names(ip=("192.0.2.1",)), "192.0.2.1")
    assert not accepts(names(ip=("192.0.2.1",)), "192.0.2.2")
    assert not accepts(names("192.0.2.1"), "192.0.2.1"), "a DNS entry that looks like an address"
    assert not accepts(names("*.0.2.1"), "192.0.2.1"), "a wildcard never covers an address"
    assert not accepts(names(ip=("192.0.2.1",)), "example.org")


def test_ipv6_addresses_are_compared_as_addresses() -> None:
    # OpenSSL's own spelling of an entry is long and in capitals.
    certificate = names(ip=("2001:DB8:0:0:0:0:0:1",))
    for hostname in ("2001:db8::1", "[2001:db8::1]", "2001:0db8:0::0001"):
        assert accepts(certificate, hostname)
    assert not accepts(certificate, "2001:db8::2")


def test_other_kinds_of_names_count_for_nothing() -> None:
    for kind in ("URI", "email", "DirName", "commonName"):
        assert not accepts({"subjectAltName": ((kind, "example.org"),)}, "example.org")


def test_the_common_name_counts_for_nothing() -> None:
    certificate = {"subject": ((("commonName", "example.org"),),)}
    with pytest.raises(SSLError, match="no names"):
        check_hostname(certificate, "example.org")
    assert not accepts({}, "example.org")


def test_the_refusal_says_what_was_asked_for_and_what_was_shown() -> None:
    with pytest.raises(SSLError, match=r"'evil\.test' doesn't match 'a\.test', '192\.0\.2\.1'"):
        check_hostname(names("a.test", ip=("192.0.2.1",)), "evil.test")
