"""What h11 makes of a response's head, asked directly."""

from __future__ import annotations

import h11


def h11_reads(head: bytes) -> h11.Response | h11.InformationalResponse | None:
    """The response to a GET that begins with `head`; None where h11 refuses it."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(head)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    assert isinstance(event, (h11.Response, h11.InformationalResponse))
    return event
