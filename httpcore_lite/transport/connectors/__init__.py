"""Connectors: each opens one step of the way to a connected stream, wrapping the one before."""
