"""Pages: a request is parsed, one operation or query is called, a template answers."""
