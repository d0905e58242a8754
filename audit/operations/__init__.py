"""Every write, one module a noun. Called inside a tenant's scope unless a docstring says otherwise.

`by` names who acts: `user:<id>`, `key:<id>` or `system`. Each act leaves an entry in the ledger.
"""
