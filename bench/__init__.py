"""Benchmarks: the kernel, what a user would use instead, and the floor below which nobody gets, on the same files."""
