"""Helpers that tests import: scripted peers, small servers, certificates."""
