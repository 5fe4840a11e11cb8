"""The lower floor: HTTP/1.1 on the wire.

Nothing in this package knows of sessions, cookies, redirects or authentication; it never imports from the
floor above. Its rooms come in two kinds, and which kind a module is decides what it may import:

* pure rooms decide and never wait: `protocol`, `mending`, `framing`, `ledger`, `dialling`, `handshakes`,
  `digest`, `decoders`, `retry`, `timeouts`, `headers`, `routes`, `resumption`, `pins`, `bodies`, `errors`;
* rooms that wait decide nothing: `chain`, `connect`, `proxy`, `tls`, `tls_in_tls`, `connection`, `readiness`, `pool`,
  `exchange`, `response`.

Importing the package loads none of them.
"""
