"""`urllib3.util`."""
