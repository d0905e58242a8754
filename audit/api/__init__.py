"""The HTTP API, one module a noun: parse, one call of operations or queries, answer."""
