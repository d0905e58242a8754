"""What the law says of the claims and events of a slice (3.3 to 3.7), as plain loops over columns of numbers.

The same functions run as they stand, for an explanation or a few rows, and compiled, for many (`compiled.py`).
"""
