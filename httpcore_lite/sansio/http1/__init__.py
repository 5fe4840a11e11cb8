"""HTTP/1.1 on the wire: heads, bodies, framing, states (RFC 9112)."""
