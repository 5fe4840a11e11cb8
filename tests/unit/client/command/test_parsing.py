"""The words of a command line, and the table that they are read by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_lite.client.command.parsing import parse
from httpcore_lite.client.command.table import EXIT_CODES, SECTIONS, Settings, UsageError

ROWS = [row for _, rows in SECTIONS for row in rows]
KINDS = {"flag", "text", "seconds", "count", "size", "list", "piece", "ignored", "first"}


def test_each_option_is_once_in_the_table_and_has_its_field_and_kind() -> None:
    for column in (0, 1):
        names = [row[column] for row in ROWS if row[column]]
        assert len(set(names)) == len(names)
    for short, long, placeholder, field, kind, text in ROWS:
        assert len(short) <= 1 and long and text
        assert kind in KINDS
        assert bool(placeholder) == (kind not in ("flag", "ignored")), long
        assert not field or hasattr(Settings, field), long
    assert [code for code, _ in EXIT_CODES] == sorted({code for code, _ in EXIT_CODES})


OF_THE_ISSUE = (
    "X H d F T o O J C i I L u n b c e A k x U v s S f m w G r 4 6 p h V data-raw data-binary data-urlencode json form "
    "compressed retry retry-max-time connect-timeout resolve unix-socket interface cacert cert key fingerprint "
    "limit-rate max-filesize proto-default no-redirects verbose urlencoded timings har as-requests stand-in max-time "
    "noproxy timeout"
).split()


@pytest.mark.parametrize("name", OF_THE_ISSUE)
def test_the_options_that_were_promised_are_there(name: str) -> None:
    assert any(name in row[:2] for row in ROWS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-o", "file", "url"], {"output": "file", "words": ["url"]}),
        (["-ofile"], {"output": "file"}),
        (["--output=file"], {"output": "file"}),
        (["--output=a=b"], {"output": "a=b"}),
        (["-sSfo", "file"], {"silent": True, "show_error": True, "fail": True, "output": "file"}),
        (["-sSfofile", "url"], {"fail": True, "output": "file", "words": ["url"]}),
        (["-XPOST"], {"method": "POST"}),
        (["-C", "-"], {"resume": "-"}),
        (["-d", "-d"], {"pieces": [("data", "-d")]}),
        (["-d", "a", "--data-raw", "@b"], {"pieces": [("data", "a"), ("data-raw", "@b")]}),
        (["-H", "a: b", "-H", "c: d"], {"headers": ["a: b", "c: d"]}),
        (["url", "-v", "a=1", "--", "-b=2", "--c"], {"verbose": True, "words": ["url", "a=1", "-b=2", "--c"]}),
        (["-x", ""], {"proxy": ""}),
        (["-L", "--compressed"], {}),
        (["-m", "1.5", "--retry", "3"], {"max_time": 1.5, "retry": 3}),
        (["--limit-rate", "2.5k", "--max-filesize", "1M"], {"rate": 2560, "max_size": 1024**2}),
        (["-o", "a", "-o", "b"], {"output": "b"}),
        (["-"], {"words": ["-"]}),
    ],
)  # fmt: skip
def test_words_are_read_as_by_curl(words: list[str], expected: dict[str, object]) -> None:
    settings = parse(words)
    assert {name: getattr(settings, name) for name in expected} == expected


def test_lists_of_one_command_line_are_not_those_of_the_next() -> None:
    parse(["-H", "a: b", "url"])
    assert (parse([]).headers, parse([]).words, Settings.headers) == ([], [], [])


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--ouput", "x"], "did you mean --output? There is no option --ouput"),
        (["--follow"], "redirects are always followed: there is no option --follow"),
        (["--ignore-stdin"], "standard input is read only where it is named: -d @-, -T -: there is no option"),
        (["--zzz"], "see httpcore-lite --help: there is no option --zzz"),
        (["-sZ"], "see httpcore-lite --help: there is no option -Z (in -sZ)"),
        (["-o"], "-o needs a value: -o FILE"),
        (["--silent=yes"], "write --silent alone: it takes no value"),
        (["-m", "soon"], "-m takes a number of seconds, not 'soon'"),
        (["-m", "nan"], "-m takes a number of seconds, not 'nan'"),
        (["--retry", "-1"], "--retry takes a whole number, not '-1'"),
        (["--limit-rate", "fast"], "--limit-rate takes a number of bytes, as in 500, 100k, 2.5M or 1G, not 'fast'"),
        (["url", "--as-requests", "x.py"], "write --as-requests as the first word"),
    ],
)
def test_a_mistake_is_told_with_what_helps_first(words: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert str(caught.value).startswith(text)


@given(st.lists(st.text(st.sampled_from("-oXdsv=k:1 a"), max_size=6), max_size=6))
def test_any_words_are_settings_or_a_usage_error(words: list[str]) -> None:
    try:
        assert isinstance(parse(words), Settings)
    except UsageError:
        pass
