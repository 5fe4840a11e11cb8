"""Which connection, and what is said before it carries a request."""
