"""What the API says and takes, one module a noun. No decisions: those are made by operations."""
