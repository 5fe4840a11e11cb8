"""The package embedded in every way that its users embed it, for real: `make embed`. Not part of `make test`."""
