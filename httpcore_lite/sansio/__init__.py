"""What is decided about connections and messages: bytes, values, time and chance are handed in, nothing waits here."""
