"""Benchmarks of the package beside other clients: `python -m benchmarks.run --help`, from the folder above."""
