"""The command line's rooms: what its words mean, and what is said of a response, a failure or an exchange.

`cli.py` runs it. Here it is decided, from values that are handed in; only `saving` and `screen` write anything.
"""
