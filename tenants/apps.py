"""The app's entry in Django's registry."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Tenants, members, keys and row security."""

    name = "tenants"

    def ready(self) -> None:
        """Registers the check of the database role."""
        from tenants import checks  # noqa: F401
