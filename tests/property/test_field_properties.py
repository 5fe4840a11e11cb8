"""Fields, forms and cookies: what is written is read back, what cannot be is refused, and junk breaks nothing."""

from __future__ import annotations

import email
import pickle
import re
from http.cookiejar import CookieJar
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote

import h11
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import httpcore_lite as client
from httpcore_lite import cookies, utils
from httpcore_lite.messages.multipart import encode_files, encode_multipart_formdata
from httpcore_lite.sansio.connections import digest
from httpcore_lite.sansio.errors import InvalidHeader
from httpcore_lite.sansio.http1.headers import HTTPHeaderDict
from httpcore_lite.sansio.http1.request_heads import RequestHeads

TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0189AZaz"
TOKEN = st.text(alphabet=TOKEN_CHARACTERS, min_size=1, max_size=12)
#: Text that UTF-8 can carry.
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
#: The same with what parsers stumble over, often.
ODD = st.lists(st.sampled_from(['"', "\\", ",", ";", "=", " ", "a", "é", "\t", "<", ">", "%22"]) | TEXT).map("".join)


# -- a request's head --------------------------------------------------------------------------------------------


FIELD_TEXT = st.text(max_size=8) | st.sampled_from(["X-A", "a\r\nHost: b", "a\nb", "a:b", "é", "日", "\0", " a", "a "])


@given(st.lists(st.tuples(FIELD_TEXT, FIELD_TEXT), max_size=4), FIELD_TEXT, st.text(max_size=12))
@example([("X", "a\r\nY: b")], "GET", "/")
@example([], "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/")
@example([], "GET", "/ HTTP/1.1\r\nX: y")
def test_a_head_has_a_line_for_each_field_or_is_refused(
    fields: list[tuple[str, str]], method: str, target: str
) -> None:
    try:
        request = RequestHeads().build(method, target, list(fields), "h.example")
        sent = h11.Connection(h11.CLIENT).send(request)
    except (InvalidHeader, h11.LocalProtocolError) as error:
        assume(isinstance(error, InvalidHeader))  # h11 also judges what a head means, lengths for example
        return
    assert sent is not None
    status_line, *lines = sent.split(b"\r\n")
    assert status_line == b"%s %s HTTP/1.1" % (method.encode(), target.encode())
    assert lines[-2:] == [b"", b""]
    written = [line.partition(b": ") for line in lines[:-2]]
    expected = [(name.encode("latin-1"), value.strip(" \t").encode("latin-1")) for name, value in fields]
    if not any(name.lower() == b"host" for name, _ in expected):
        expected.append((b"Host", b"h.example"))
    assert sorted((name, value) for name, _, value in written) == sorted(expected)


@given(st.lists(st.tuples(TOKEN.map(str.encode), st.binary(max_size=8)), max_size=6))
def test_received_fields_keep_every_value_and_their_order(fields: list[tuple[bytes, bytes]]) -> None:
    read = HTTPHeaderDict.from_wire(fields)
    for name, _ in fields:
        said = [value.decode("latin-1") for other, value in fields if other.lower() == name.lower()]
        assert read.getlist(name.decode()) == said
        assert read[name.decode().upper()] == ", ".join(said)
    assert sorted(read.iteritems()) == sorted(
        (next(other for other, _ in fields if other.lower() == name.lower()).decode(), value.decode("latin-1"))
        for name, value in fields
    )
    assert HTTPHeaderDict(read) == read


# -- challenges ------------------------------------------------------------------------------------------------


@given(ODD)
@example("\\")
@example('a\\"')
def test_a_quoted_string_means_what_was_quoted(text: str) -> None:
    assert digest.unquote(digest.quote(text)) == text


PARAMETERS = st.dictionaries(st.text(alphabet="abcxyz-", min_size=1, max_size=6), ODD, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["Digest", "Basic", "x-Odd"]), PARAMETERS), min_size=1, max_size=3))
def test_challenges_are_read_as_they_were_written(challenges: list[tuple[str, dict[str, str]]]) -> None:
    def written(scheme: str, parameters: dict[str, str]) -> str:
        return scheme + " " + ", ".join(f'{name}="{digest.quote(value)}"' for name, value in parameters.items())

    # A scheme without parameters would take what follows it for its own.
    assume(all(parameters for _, parameters in challenges))
    value = ", ".join(written(*challenge) for challenge in challenges)
    read = digest.parse_challenges(value)
    assert [(challenge.scheme, challenge.parameters) for challenge in read] == challenges
    offered = [found for scheme, found in challenges if scheme == "Digest" and "nonce" in found]
    assert (digest.choose(value) is None) == (not offered)


@given(ODD, ODD, ODD, st.sampled_from(["auth", "auth-int", "", "auth,auth-int"]), st.integers(1, 2**31))
def test_digest_credentials_say_what_was_asked_and_computed(
    realm: str, nonce: str, user: str, qop: str, count: int
) -> None:
    challenge = {"realm": realm, "nonce": nonce, "qop": qop, "opaque": "o"}
    credentials = digest.credentials(
        challenge, method="GET", uri="/a?b", username=user, password="p", nonce_count=count, cnonce="c", body=b"x"
    )
    assert credentials is not None
    (read,) = digest.parse_challenges(credentials)
    said = read.parameters
    assert (said["realm"], said["nonce"], said["uri"], said["opaque"]) == (realm, nonce, "/a?b", "o")
    assert said.get("username", user) == user
    assert "username" in said or "username*" in said
    assert re.fullmatch("[0-9a-f]{32}", said["response"])
    assert said.get("nc", f"{count:08x}") == f"{count:08x}"


@given(st.text(max_size=60) | ODD)
def test_any_text_is_a_list_of_challenges(value: str) -> None:
    for challenge in digest.parse_challenges(value):
        assert challenge.scheme
        assert challenge.scheme in value
    digest.choose("Digest " + value)


# -- lists and links ---------------------------------------------------------------------------------------------


#: Backslashes are taken out twice, and quotes around what was in quotes as well, as requests does it.
PLAIN = TEXT.filter(lambda text: "\\" not in text and not text[:1] == text[-1:] == '"')


def quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


@given(st.lists(PLAIN, max_size=5))
def test_a_list_of_quoted_strings_is_read_as_it_was_written(items: list[str]) -> None:
    assert utils.parse_list_header(", ".join(map(quoted, items))) == items


@given(st.dictionaries(TOKEN, PLAIN, max_size=5))
def test_a_dictionary_of_quoted_strings_is_read_as_it_was_written(items: dict[str, str]) -> None:
    value = ", ".join(f"{name}={quoted(text)}" for name, text in items.items())
    assert utils.parse_dict_header(value) == items


URL = st.text(alphabet="abc/:?&=%.-_~", min_size=1, max_size=20)
PARAMETER = st.text(alphabet="abcé -", max_size=10).map(lambda text: text.strip(" "))
LINKS = st.lists(
    st.tuples(URL, st.dictionaries(st.sampled_from(["rel", "title", "type", "anchor"]), PARAMETER)), max_size=4
)


@given(LINKS, st.sampled_from([", ", ",", ",   "]), st.sampled_from(['"', ""]))
def test_links_are_read_as_they_were_written(links: list[tuple[str, dict[str, str]]], comma: str, mark: str) -> None:
    value = comma.join(
        "; ".join([f"<{url}>", *(f"{name}={mark}{text}{mark}" for name, text in said.items())]) for url, said in links
    )
    assert utils.parse_header_links(value) == [{"url": url, **said} for url, said in links]


@given(st.text(max_size=60) | ODD)
def test_any_text_is_a_list_and_links_and_a_media_type(value: str) -> None:
    assert all(isinstance(item, str) for item in utils.parse_list_header(value))
    assert all(isinstance(name, str) for name in utils.parse_dict_header(value))
    assert all("url" in link for link in utils.parse_header_links(value))
    utils.get_encoding_from_headers({"content-type": value})


# -- URLs ----------------------------------------------------------------------------------------------------------


@given(TEXT.filter(bool), TEXT)
def test_name_and_password_of_a_url_are_what_was_put_there(user: str, password: str) -> None:
    url = f"http://{quote(user, '')}:{quote(password, '')}@h.example/"
    assert utils.get_auth_from_url(url) == (user, password)
    try:
        prepared = client.Request("GET", url).prepare()
    except client.exceptions.InvalidHeader:
        assert max(user + password) > "\xff"  # Basic authentication is Latin-1, as requests writes it
        return
    assert prepared.url is not None
    assert utils.get_auth_from_url(prepared.url) == (user, password)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_parameters_are_read_from_the_query_as_they_were_given(pairs: list[tuple[str, str]]) -> None:
    url = client.Request("GET", "http://h.example/p?a=b#f", params=pairs).prepare().url
    assert url is not None
    query = url.partition("?")[2].partition("#")
    assert parse_qsl(query[0], keep_blank_values=True) == [("a", "b"), *pairs]
    assert query[2] == "f"


# -- forms ---------------------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """As browsers write a name in a form."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def parts(body: bytes, content_type: str) -> list[tuple[str, str, bytes]]:
    """What the standard library's parser makes of a form: (name, file name, content) a part."""
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    assert message.is_multipart()
    assert not message.defects
    found = []
    for part in message.get_payload():
        assert not part.is_multipart()
        head = dict(part.raw_items())
        disposition = head["Content-Disposition"].encode("ascii", "surrogateescape").decode()
        said = re.fullmatch(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?', disposition, re.DOTALL)
        assert said is not None, disposition
        found.append((said[1], said[2] or "", part.get_payload(decode=True)))
    return found


CONTENT = st.binary(max_size=60) | st.lists(st.sampled_from([b"\r", b"\n", b"--", b"a", b"\0"])).map(b"".join)


@given(st.lists(st.tuples(ODD, CONTENT), min_size=1, max_size=4))
@example([('a"; filename="x', b"\r\n--\r\n")])
@example([("a\r\nX: y", b"")])
def test_a_form_is_read_as_it_was_written(fields: list[tuple[str, bytes]]) -> None:
    body, content_type = encode_multipart_formdata(fields)
    assert parts(body, content_type) == [(escaped(name), "", content) for name, content in fields]


@given(
    st.lists(st.tuples(ODD, ODD.filter(bool), CONTENT), min_size=1, max_size=3),
    st.lists(st.tuples(ODD, TEXT), max_size=3),
)
def test_files_and_fields_of_a_form_are_read_as_they_were_written(
    files: list[tuple[str, str, bytes]], data: list[tuple[str, str]]
) -> None:
    made, content_type = encode_files([(name, (file, content)) for name, file, content in files], data)
    body = made if isinstance(made, bytes) else b"".join(made)  # type: ignore[arg-type]
    expected = [(escaped(name), "", value.encode()) for name, value in data]
    expected += [(escaped(name), escaped(file), content) for name, file, content in files]
    assert parts(body, content_type) == expected


# -- cookies -------------------------------------------------------------------------------------------------------


OCTETS = "!#$%&'()*+-./0189:<=>?@AZ[]^_`az{|}~"  # RFC 6265 section 4.1.1
COOKIES = st.dictionaries(
    st.text(alphabet="abcXYZ-_.09", min_size=1, max_size=8), st.text(alphabet=OCTETS, max_size=12)
)


def asked(url: str = "http://h.example/a") -> SimpleNamespace:
    return SimpleNamespace(url=url, headers={})


def receive(jar: CookieJar, values: list[str], url: str = "http://h.example/a") -> None:
    fields = HTTPHeaderDict()
    for value in values:
        fields.add("Set-Cookie", value)
    raw = SimpleNamespace(_original_response=SimpleNamespace(msg=fields), headers=fields)
    cookies.extract_cookies_to_jar(jar, asked(url), raw)


@given(COOKIES, st.sampled_from(["", "; Path=/", "; path=/; HttpOnly", "; Max-Age=99", "; domain=.h.example"]))
def test_cookies_that_a_server_sets_are_sent_back_as_they_came(said: dict[str, str], attributes: str) -> None:
    if "domain" in attributes:
        said = {name: value for name, value in said.items() if value}
    jar = cookies.RequestsCookieJar()
    url = "http://www.h.example/a" if "domain" in attributes else "http://h.example/a"
    receive(jar, [f"{name}={value}{attributes}" for name, value in said.items()], url)
    header = cookies.get_cookie_header(jar, asked(url))
    sent = dict(pair.split("=", 1) for pair in header.split("; ")) if header else {}
    assert sent == said
    assert dict(jar) == said
    assert dict(pickle.loads(pickle.dumps(jar))) == said
    assert cookies.get_cookie_header(jar, asked("http://elsewhere.example/a")) is None


@given(COOKIES)
def test_a_dictionary_of_cookies_is_a_jar_and_back(said: dict[str, str]) -> None:
    jar = utils.cookiejar_from_dict(said)
    assert utils.dict_from_cookiejar(jar) == said
    assert dict(cookies.merge_cookies(cookies.RequestsCookieJar(), said)) == said


ATTRIBUTE = st.sampled_from(
    [
        "expires=",
        "Expires=Wed, 21 Oct 2099 07:28:00 GMT",
        "max-age=",
        "Max-Age=-1",
        "Max-Age=x",
        "domain=",
        "domain=.com",
    ]
    + ["domain=h.example", "path=", "path=b", "Secure", "HttpOnly", "SameSite=None", "version=1", "port=80", "=", "a=b"]
)


@given(st.lists(st.lists(ATTRIBUTE | ODD, max_size=5).map("; ".join), max_size=3))
def test_any_cookie_that_a_server_sets_is_kept_or_not_but_breaks_nothing(values: list[str]) -> None:
    jar = cookies.RequestsCookieJar()
    receive(jar, values)
    for cookie in jar:
        assert cookie.domain in ("h.example", ".h.example", "h.example.local", "")
    header = cookies.get_cookie_header(jar, asked()) or ""
    assert all(pair.partition("=")[0] in "; ".join(values) for pair in header.split("; "))
    assert cookies.get_cookie_header(jar, asked("http://elsewhere.example/a")) is None


def test_the_parts_of_a_form_never_hold_its_boundary() -> None:
    bodies = [encode_multipart_formdata([("a", b"")]) for _ in range(100)]
    assert len({content_type for _, content_type in bodies}) == 100
    with pytest.raises(ValueError, match="Files must be provided"):
        encode_files([], {})
