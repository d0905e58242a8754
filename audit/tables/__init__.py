"""What the tables of pages show, one module a noun."""
