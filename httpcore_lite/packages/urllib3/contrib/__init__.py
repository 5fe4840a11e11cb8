"""`urllib3.contrib`, of which programs use the SOCKS proxies."""
