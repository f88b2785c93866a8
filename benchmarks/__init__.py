"""Benchmarks, each a ratio measured in one run: `make bench`, or `python -m benchmarks NAME...`."""
