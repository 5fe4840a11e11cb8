"""The table of the command line's options. The parser, `--help` and the manual page are made from it.

A row is (short, long, placeholder, field of `Settings`, kind, help). Kinds, and what becomes of the field:

    flag      True                          text      the text
    seconds   a number above or at 0        count     a whole number
    size      bytes, with k, M, G or T      list      one text more
    piece     (name of the option, text)    ignored   nothing: it is always so
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    Row: TypeAlias = tuple[str, str, str, str, str, str]

PROGRAM: Final = "httpcore-lite"
#: Seconds that `--timeout` is where it is not given.
DEFAULT_TIMEOUT: Final = 60.0

#: (title, rows), in the order in which `--help` shows them.
SECTIONS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    (
        "The request",
        (
            ("X", "request", "METHOD", "method", "text", "the method; GET, or POST where something is sent"),
            (
                "H", "header", "LINE", "headers", "list",
                "a header 'Name: value'; 'Name:' leaves a default one out, 'Name;' sends it empty; @FILE has many",
            ),
            (
                "d", "data", "DATA", "pieces", "piece",
                "the body, as a form unless a header says otherwise; @FILE is a file's content without its line "
                "ends, @- standard input's; several are joined by &",
            ),
            ("", "data-raw", "DATA", "pieces", "piece", "as -d, and @ means nothing in it"),
            ("", "data-binary", "DATA", "pieces", "piece", "as -d, and a file's content stays as it is"),
            (
                "", "data-urlencode", "DATA", "pieces", "piece",
                "as -d, with what stands behind 'name=', or in name@FILE, percent-encoded",
            ),
            ("", "json", "DATA", "pieces", "piece", "the body as JSON that is written already; @FILE and @- as for -d"),
            (
                "F", "form", "NAME=CONTENT", "form", "list",
                "a part of a multipart form; name=@FILE sends a file, name=<FILE its content; ';type=' and "
                "';filename=' may follow",
            ),
            ("T", "upload-file", "FILE", "upload", "text", "send a file with PUT; - is standard input"),
            ("", "urlencoded", "", "urlencoded", "flag", "send the fields among the items as a form, not as JSON"),
            ("G", "get", "", "data_in_query", "flag", "put what -d says into the query of a GET"),
            ("I", "head", "", "head", "flag", "ask for the head alone, and print it"),
            ("r", "range", "RANGE", "range", "text", "ask for these bytes: 0-499, 500-, -500"),
            ("A", "user-agent", "TEXT", "agent", "text", "the User-Agent"),
            ("e", "referer", "URL", "referer", "text", "the Referer"),
            ("b", "cookie", "DATA", "cookies", "list", "cookies 'name=value; ...', or a file to read them from"),
            ("c", "cookie-jar", "FILE", "cookie_jar", "text", "the file to write cookies to in the end; - prints them"),
            ("u", "user", "USER[:PASSWORD]", "user", "text", "Basic authentication; asks for a missing password"),
            ("n", "netrc", "", "netrc", "flag", "find user and password in ~/.netrc"),
            ("", "compressed", "", "", "ignored", "accepted: compressed bodies are always asked for, and decoded"),
            ("", "proto-default", "SCHEME", "scheme", "text", "the scheme of a URL that has none (http)"),
        ),
    ),
    (
        "The way",
        (
            ("L", "location", "", "", "ignored", "accepted: redirects are always followed"),
            ("g", "globoff", "", "", "ignored", "accepted: a URL is always taken as it is"),
            ("", "http1.1", "", "", "ignored", "accepted: HTTP/1.1 is always spoken"),
            ("", "no-redirects", "", "no_redirects", "flag", "print a redirect instead of following it"),
            ("", "max-redirs", "COUNT", "max_redirects", "count", "redirects that are followed in a row (30)"),
            (
                "", "timeout", "SECONDS", "timeout", "seconds",
                "how long to wait for a connection, and for each further piece of the response; 0 for ever (60)",
            ),
            ("", "connect-timeout", "SECONDS", "connect_timeout", "seconds", "how long to wait for a connection"),
            ("m", "max-time", "SECONDS", "max_time", "seconds", "how long all of it may take, each attempt of --retry"),
            (
                "", "retry", "COUNT", "retry", "count",
                "try again so often, whatever the method, after a timeout, a name that was not found, and the statuses "
                "408, 429, 500, 502, 503 and 504, unless some of the body was printed; the pauses are 1 s, 2 s, 4 s "
                "..., or as Retry-After says",
            ),
            ("", "retry-max-time", "SECONDS", "retry_time", "seconds", "begin no further pause after so many seconds"),
            ("4", "ipv4", "", "ipv4", "flag", "IPv4 addresses only"),
            ("6", "ipv6", "", "ipv6", "flag", "IPv6 addresses only"),
            ("", "resolve", "HOST:PORT:ADDRESS", "resolve", "list", "connect to this address for that host and port"),
            ("", "unix-socket", "PATH", "unix_socket", "text", "connect to a Unix domain socket"),
            ("", "interface", "NAME", "interface", "text", "the address, or on Linux the interface, to connect from"),
            (
                "x", "proxy", "URL", "proxy", "text",
                "send the request through this proxy: http, https, socks4, socks4a, socks5 or socks5h; port 1080 where "
                "none is said; '' for none",
            ),
            ("U", "proxy-user", "USER[:PASSWORD]", "proxy_user", "text", "user and password for the proxy"),
            ("p", "proxytunnel", "", "tunnel", "flag", "ask the proxy for a tunnel (CONNECT) for http:// as well"),
            ("", "noproxy", "HOSTS", "no_proxy", "text", "hosts, with commas between, that need no proxy; * is all"),
            ("k", "insecure", "", "insecure", "flag", "do not verify the server's certificate"),
            ("", "cacert", "FILE", "cacert", "text", "verify the server by the authorities in this file or directory"),
            ("E", "cert", "FILE[:PASSWORD]", "cert", "text", "a client certificate, as PEM, its key in it or --key"),
            ("", "key", "FILE", "key", "text", "the key of the client certificate"),
            (
                "", "fingerprint", "SHA256", "fingerprint", "text",
                "the one certificate that is accepted, in hex; with -k also one that no authority has signed",
            ),
            ("", "limit-rate", "SPEED", "rate", "size", "at most so many bytes a second, up and down: 100k, 2M"),
            ("", "max-filesize", "BYTES", "max_size", "size", "refuse a body that is larger"),
        ),
    ),
    (
        "The output",
        (
            ("o", "output", "FILE", "output", "text", "write the body to a file; - writes it to standard output as is"),
            (
                "O", "remote-name", "", "remote_name", "flag",
                "write the body to a file named as in the URL, in this directory, and never over another one",
            ),
            ("J", "remote-header-name", "", "header_name", "flag", "with -O, as the server names it"),
            (
                "C", "continue-at", "OFFSET", "resume", "text",
                "with -o or -O, go on where a file that is there already ends (-), or at an offset",
            ),
            ("i", "include", "", "include", "flag", "print the response's head before the body"),
            ("", "body", "", "body_alone", "flag", "print the body alone, on a terminal, too"),
            ("f", "fail", "", "fail", "flag", "print nothing for a status of 400 or more, and exit with 22"),
            ("", "fail-with-body", "", "fail_with_body", "flag", "as -f, and print the body all the same"),
            ("N", "no-buffer", "", "", "ignored", "accepted: a body is always printed as it arrives"),
            ("s", "silent", "", "silent", "flag", "show neither progress nor errors"),
            ("S", "show-error", "", "show_error", "flag", "with -s, show errors all the same"),
            ("v", "verbose", "", "verbose", "flag", "show steps, heads, and all of an error, on standard error"),
            (
                "w", "write-out", "FORMAT", "write_out", "text",
                "print this after the body, with its variables: %{http_code}, %{time_total}, %{json} ...; @FILE has it",
            ),
            ("", "timings", "", "timings", "flag", "print how long each phase took, on standard error"),
            ("", "har", "FILE", "har", "text", "write what was exchanged as HAR 1.2, without secrets"),
        ),
    ),
    (
        "Other things",
        (
            (
                "", "as-requests", "PROGRAM ...", "", "first",
                "run a script (or -m MODULE) with its arguments, with this package in the place of requests; must come "
                "first",
            ),
            (
                "", "stand-in", "DIRECTORY", "stand_in", "text",
                "write a wheel that is installed in the place of requests, for packages that need that name",
            ),
            ("h", "help", "", "help", "flag", "print this"),
            ("V", "version", "", "version", "flag", "print the version"),
        ),
    ),
)  # fmt: skip

#: (what is typed, what it means)
ITEMS: Final = (
    ("Name:value", "a header; 'Name:' leaves a default one out, 'Name;' sends it empty"),
    ("name==value", "a parameter of the URL's query"),
    ("name=value", "a field of the body, which is JSON: a text"),
    ("name:=JSON", "a field of the body: a number, true, null, a list ..."),
    ("name=@FILE", "a field of the body: the text of a file"),
    ("name:=@FILE", "a field of the body: the JSON in a file"),
    ("name@FILE;type=T", "a file of a multipart form, whose other fields are the fields"),
)

#: (words, what they do), after the program's name.
EXAMPLES: Final = (
    (":3000/status", "GET http://localhost:3000/status"),
    ("https://example.org/api name=Ada admin:=true", "POST a document of JSON"),
    ("-i -H 'Accept: text/plain' URL", "with the response's head, and a header of your own"),
    ("-d name=value --data-urlencode other@file.txt URL", "POST a form"),
    ("PUT URL < /dev/null -d @document.json", "PUT a file's content"),
    ("-C - -O https://example.org/archive.tar.gz", "download, or go on with a download"),
    ("--as-requests script.py arguments...", "run a program that imports requests"),
)

#: (code, what it means)
EXIT_CODES: Final = (
    (0, "a response was received, whatever its status (with -f: below 400)"),
    (1, "the URL's scheme is not http or https; or none of the others"),
    (2, "the command line makes no sense"),
    (3, "the URL makes no sense"),
    (5, "the proxy's name was not found"),
    (6, "the host's name was not found"),
    (7, "no connection"),
    (8, "what came is no HTTP"),
    (18, "the body was cut off"),
    (22, "with -f, a status of 400 or more"),
    (23, "what was received cannot be written"),
    (26, "what is to be sent cannot be read"),
    (28, "it took too long"),
    (33, "the server does not continue at the offset that was asked for"),
    (35, "the TLS handshake failed"),
    (45, "the interface cannot be used"),
    (47, "too many redirects"),
    (52, "the server closed without a response"),
    (55, "sending failed"),
    (56, "receiving failed"),
    (58, "the client certificate cannot be used"),
    (60, "the server's certificate was not verified"),
    (61, "the body does not fit its content coding"),
    (63, "the body is larger than --max-filesize"),
    (65, "the body had to be sent once more, and cannot be"),
    (77, "the file of authorities (--cacert) cannot be used"),
    (97, "the SOCKS proxy refused"),
    (130, "interrupted"),
)


class UsageError(ValueError):
    """The command line makes no sense; the text says what helps."""


class Settings:
    """What the command line says, by the fields of the table."""

    method: str | None = None
    headers: list[str] = []
    pieces: list[tuple[str, str]] = []
    form: list[str] = []
    upload: str | None = None
    urlencoded: bool = False
    data_in_query: bool = False
    head: bool = False
    range: str | None = None
    agent: str | None = None
    referer: str | None = None
    cookies: list[str] = []
    cookie_jar: str | None = None
    user: str | None = None
    netrc: bool = False
    scheme: str = "http"
    no_redirects: bool = False
    max_redirects: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    connect_timeout: float | None = None
    max_time: float | None = None
    retry: int = 0
    retry_time: float | None = None
    ipv4: bool = False
    ipv6: bool = False
    resolve: list[str] = []
    unix_socket: str | None = None
    interface: str | None = None
    proxy: str | None = None
    proxy_user: str | None = None
    tunnel: bool = False
    no_proxy: str | None = None
    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    fingerprint: str | None = None
    rate: int | None = None
    max_size: int | None = None
    output: str | None = None
    remote_name: bool = False
    header_name: bool = False
    resume: str | None = None
    include: bool = False
    body_alone: bool = False
    fail: bool = False
    fail_with_body: bool = False
    silent: bool = False
    show_error: bool = False
    verbose: bool = False
    write_out: str | None = None
    timings: bool = False
    har: str | None = None
    stand_in: str | None = None
    help: bool = False
    version: bool = False
    #: The words that are no options.
    words: list[str] = []
