"""Promises of sansio/connections/digest.py."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.sansio.connections import digest
from httpcore_lite.sansio.connections.digest import choose, credentials, parse_challenges


def parts(value: str) -> list[tuple[str, dict[str, str], str | None]]:
    return [tuple(challenge) for challenge in parse_challenges(value)]  # type: ignore[misc]


# -- challenges --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        (" , ,", []),
        ("Negotiate", [("Negotiate", {}, None)]),
        ("NTLM TlRMTVNTUAACAAAA==", [("NTLM", {}, "TlRMTVNTUAACAAAA==")]),
        ('Basic realm="a, b"', [("Basic", {"realm": "a, b"}, None)]),
        ("Basic realm=plain , charset=UTF-8", [("Basic", {"realm": "plain", "charset": "UTF-8"}, None)]),
        ('digest Realm = "x",NONCE=y', [("digest", {"realm": "x", "nonce": "y"}, None)]),
        (
            'Negotiate, Basic realm="simple", Digest realm="d", nonce="n", qop="auth, auth-int"',
            [
                ("Negotiate", {}, None),
                ("Basic", {"realm": "simple"}, None),
                ("Digest", {"realm": "d", "nonce": "n", "qop": "auth, auth-int"}, None),
            ],
        ),
        # RFC 9110 section 11.6.1
        (
            'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
            [
                ("Basic", {"realm": "simple"}, None),
                ("Newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}, None),
            ],
        ),
        ("Kerberos abc=, Digest nonce=n", [("Kerberos", {}, "abc="), ("Digest", {"nonce": "n"}, None)]),
        # a comma is missing
        ('Digest realm="r" nonce="n"', [("Digest", {"realm": "r", "nonce": "n"}, None)]),
        ('Digest realm="DOMAIN\\group"', [("Digest", {"realm": "DOMAIN\\group"}, None)]),
        ('Digest realm="a\\\\b\\"c"', [("Digest", {"realm": 'a\\b"c'}, None)]),
        ('Digest realm="never closed', [("Digest", {"realm": "never closed"}, None)]),
        ('Digest realm="never closed\\', [("Digest", {"realm": "never closed"}, None)]),
        ('Digest nonce="1", nonce="2"', [("Digest", {"nonce": "1"}, None)]),
        ("Digest opaque=, nonce=n=/+=", [("Digest", {"opaque": "", "nonce": "n=/+="}, None)]),
        ('realm="of nobody"', []),
        ('=junk, "more, junk", Digest nonce=n', [("junk", {}, None), ("Digest", {"nonce": "n"}, None)]),
    ],
)
def test_challenges_are_taken_apart(value: str, expected: list[Any]) -> None:
    if "junk" in value:
        assert parts(value)[-1] == expected[-1]
    else:
        assert parts(value) == expected


TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABC-_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)


@given(st.lists(st.tuples(TOKENS, st.dictionaries(TOKENS.map(str.lower), TEXTS, max_size=4)), max_size=4))
def test_what_was_written_is_read_back(challenges: list[tuple[str, dict[str, str]]]) -> None:
    written = ", ".join(
        scheme + " " + ", ".join(f'{name}="{digest.quote(text)}"' for name, text in parameters.items())
        for scheme, parameters in challenges
    )
    assert [(scheme, parameters) for scheme, parameters, _ in parts(written)] == challenges


@given(TEXTS)
def test_unquote_takes_back_what_quote_did(text: str) -> None:
    assert digest.unquote(digest.quote(text)) == text


@given(st.text('Digest ="\\,\tab', max_size=60))
def test_no_field_is_too_strange(value: str) -> None:
    for challenge in parse_challenges(value):
        assert challenge.scheme
    choose(value)


HOSTILE = ['"', "\\", "=", ",", " ", "a", 'a="', "a ", "a=", 'a="\\', '"\\"', "a= ", "a,", "a b,", "=\t", "a=b "]
STARTS = [("Digest ", piece) for piece in HOSTILE] + [('Digest a="', "\\"), ('Digest a="', '\\"'), ("", " ")]


@pytest.mark.parametrize(("start", "piece"), STARTS)
def test_a_megabyte_of_anything_takes_time_in_proportion(start: str, piece: str) -> None:
    began = time.process_time()
    choose(start + piece * (1_000_000 // len(piece)))
    # It takes about a second at most; a parser that looks back again and again needs minutes to hours.
    assert time.process_time() - began < 20


# -- choosing ----------------------------------------------------------------------------------------------------


def test_the_first_challenge_that_can_be_answered_is_chosen() -> None:
    value = (
        'Basic realm="b", Digest realm="1", nonce="1", algorithm=BLAKE7, Digest realm="2", nonce="2", '
        'qop="token-int", Digest realm="3", nonce="3", algorithm=SHA-256, Digest realm="4", nonce="4", algorithm=MD5'
    )
    chosen = choose(value)
    assert chosen is not None
    assert chosen["realm"] == "3"


def test_a_challenge_that_only_another_client_can_answer_is_handed_out_last() -> None:
    assert choose('Digest realm="1", nonce="1", algorithm=BLAKE7') == {
        "realm": "1",
        "nonce": "1",
        "algorithm": "BLAKE7",
    }


def test_nothing_is_chosen_where_there_is_nothing() -> None:
    assert choose("") is None
    assert choose('Basic realm="digest nonce"') is None
    assert choose('Digest realm="no nonce"') is None


# -- credentials -------------------------------------------------------------------------------------------------

MUFASA: dict[str, Any] = {
    "method": "GET",
    "uri": "/dir/index.html",
    "username": "Mufasa",
    "password": "Circle of Life",
    "nonce_count": 1,
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
}
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def field(value: str | None, name: str) -> str:
    assert value is not None
    return parse_challenges(value)[0].parameters[name]


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = choose(RFC_7616.format(algorithm))
    assert challenge is not None
    value = credentials(challenge, **MUFASA)
    assert value == (
        'Digest username="Mufasa", realm="http-auth@example.org", '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", '
        f'response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", '
        f'algorithm="{algorithm}", qop="auth", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"'
    )


def test_the_example_of_rfc_7616_section_3_9_2_as_corrected_by_erratum_4897() -> None:
    challenge = choose(
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true'
    )
    assert challenge is not None
    value = credentials(
        challenge,
        method="GET",
        uri="/doe.json",
        username="J\u00e4s\u00f8n Doe",
        password="Secret, or not?",
        nonce_count=1,
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )
    assert field(value, "username") == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert field(value, "response") == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert field(value, "userhash") == "true"


def test_the_example_of_rfc_2617_section_3_5() -> None:
    challenge = choose(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge is not None
    value = credentials(challenge, **{**MUFASA, "password": "Circle Of Life", "cnonce": "0a4f113b"})
    assert field(value, "response") == "6629fae49393a05397450978507c4ef1"
    assert "algorithm" not in str(value)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_without_qop_the_credentials_are_those_of_rfc_2069() -> None:
    value = credentials({"realm": "r", "nonce": "n"}, **MUFASA)
    ha1, ha2 = md5("Mufasa:r:Circle of Life"), md5("GET:/dir/index.html")
    expected = md5(f"{ha1}:n:{ha2}")
    assert value == f'Digest username="Mufasa", realm="r", nonce="n", uri="/dir/index.html", response="{expected}"'


def test_a_session_algorithm_mixes_both_nonces_into_the_secret() -> None:
    value = credentials(
        {"realm": "r", "nonce": "n", "qop": "auth", "algorithm": "md5-Sess"}, **{**MUFASA, "cnonce": "c"}
    )
    ha1 = md5(md5("Mufasa:r:Circle of Life") + ":n:c")
    assert field(value, "response") == md5(f"{ha1}:n:00000001:c:auth:{md5('GET:/dir/index.html')}")
    assert field(value, "algorithm") == "md5-Sess"


def test_auth_int_protects_the_body() -> None:
    challenge = {"realm": "r", "nonce": "n", "qop": "auth-int"}
    value = credentials(challenge, **{**MUFASA, "cnonce": "c"}, body=b"hello")
    ha2 = md5("GET:/dir/index.html:" + md5("hello"))
    assert field(value, "response") == md5(f"{md5('Mufasa:r:Circle of Life')}:n:00000001:c:auth-int:{ha2}")
    assert field(value, "qop") == "auth-int"
    assert credentials(challenge, **MUFASA, body=None) is None


def test_auth_is_preferred_to_auth_int_however_they_are_written() -> None:
    for qop in ("auth", "AUTH-INT, Auth", "auth-int ,auth", "auth,auth-int"):
        assert field(credentials({"realm": "r", "nonce": "n", "qop": qop}, **MUFASA, body=b""), "qop") == "auth"


def test_what_is_unknown_is_not_answered() -> None:
    assert credentials({"realm": "r", "nonce": "n", "algorithm": "BLAKE7"}, **MUFASA) is None
    assert credentials({"realm": "r", "nonce": "n", "qop": "token"}, **MUFASA) is None
    with pytest.raises(KeyError):
        credentials({"realm": "r"}, **MUFASA)


def test_the_nonce_count_is_eight_hexadecimal_digits() -> None:
    value = credentials({"realm": "r", "nonce": "n", "qop": "auth"}, **{**MUFASA, "nonce_count": 26})
    assert ", nc=0000001a, " in str(value)


@pytest.mark.parametrize(
    ("username", "charset", "shown"),
    [
        ("joe", "UTF-8", 'username="joe"'),
        ('j"o\\e', None, 'username="j\\"o\\e"'),
        ("j\u00f6", None, 'username="j\u00f6"'),
        ("j\u00f6", "UTF-8", "username*=UTF-8''j%C3%B6"),
        ("\u96ea x", None, "username*=UTF-8''%E9%9B%AA%20x"),
        (b"j\xf6", "UTF-8", 'username="j\u00f6"'),
    ],
)
def test_how_a_name_is_shown(username: str | bytes, charset: str | None, shown: str) -> None:
    value = credentials({"realm": "r", "nonce": "n", "charset": charset}, **{**MUFASA, "username": username})
    assert str(value).startswith(f"Digest {shown}, realm=")


def test_names_and_passwords_given_as_bytes_are_hashed_as_they_are() -> None:
    value = credentials({"realm": "r", "nonce": "n"}, **{**MUFASA, "username": b"\xf6", "password": b"\xe4"})
    ha1 = hashlib.md5(b"\xf6:r:\xe4").hexdigest()
    assert field(value, "response") == md5(f"{ha1}:n:{md5('GET:/dir/index.html')}")


def test_quotes_in_realm_nonce_and_opaque_are_escaped_again() -> None:
    challenge = choose('Digest realm="a \\"b\\"", nonce="n\\\\", opaque="\\""')
    assert challenge == {"realm": 'a "b"', "nonce": "n\\", "opaque": '"'}
    value = credentials(challenge, **MUFASA)
    assert 'realm="a \\"b\\""' in str(value)
    assert 'nonce="n\\\\"' in str(value)
    assert 'opaque="\\""' in str(value)


def test_the_first_of_those_that_only_another_client_can_answer_is_handed_out() -> None:
    found = choose('Digest nonce="1", algorithm=A, Digest nonce="2", algorithm=B')
    assert found is not None
    assert found["nonce"] == "1"


def test_every_algorithm_that_is_named_is_the_function_of_that_name() -> None:
    names = {"MD5": "md5", "SHA": "sha1", "SHA-256": "sha256", "SHA-512": "sha512", "SHA-512-256": "sha512_256"}
    for algorithm, name in names.items():

        def hashed(text: str, name: str = name) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        value = credentials(
            {"realm": "r", "nonce": "n", "algorithm": algorithm},
            method="GET", uri="/", username="u", password="p", nonce_count=1, cnonce="c",
        )  # fmt: skip
        assert value is not None
        assert f'response="{hashed(hashed("u:r:p") + ":n:" + hashed("GET:/"))}"' in value
