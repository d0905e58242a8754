"""Every read, one module a noun. Called inside a tenant's scope."""
