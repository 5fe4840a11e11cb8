"""An installed urllib3: what is asked of it, what programs put into it, and the way of a request through it."""
