"""Texts that vendors write, in paths."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from audit.queries import addresses


class VendorKey(StringConverter):
    """The key of a vendor, or its digest where it has a slash or the like."""

    def to_url(self, value: str) -> str:
        """What the path holds."""
        return addresses.part(value)


class ClaimId(StringConverter):
    """A vendor's own id of a claim, any characters; or its digest where no path can hold it."""

    regex = "(?s:.+)"

    def to_url(self, value: str) -> str:
        """What the path holds."""
        return addresses.part(value, slashes=True)


register_converter(VendorKey, "vendor")
register_converter(ClaimId, "claim")
