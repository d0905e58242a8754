"""What people may enter, one module a noun."""
