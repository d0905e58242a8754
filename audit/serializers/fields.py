"""Fields that every noun shares: instants, references, JSON that PostgreSQL can keep."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Vendor
from audit.queries import catalogue


class Instant(serializers.DateTimeField):
    """An instant: RFC 3339. Answered in UTC with Z; taken in any zone, but never without one."""

    default_error_messages = {"naive": "Say the time zone: end the time in Z or in an offset such as +02:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        """The instant in UTC."""
        if timezone.is_naive(value):
            self.fail("naive")
        return value.astimezone(UTC)

    def to_representation(self, value: Any) -> str:
        """RFC 3339 with Z."""
        return str(value.astimezone(UTC).isoformat()).replace("+00:00", "Z")


class Plain(serializers.JSONField):
    """Any JSON that PostgreSQL can keep: no NUL character, no half of a surrogate pair."""

    default_error_messages = {"unstorable": "This holds a character that cannot be stored (NUL or a lone surrogate)."}

    def to_internal_value(self, data: Any) -> Any:
        """The value as it came."""
        value = super().to_internal_value(data)
        text = json.dumps(value)
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            self.fail("unstorable")
        if "\\u0000" in text:
            self.fail("unstorable")
        return value


@extend_schema_field(OpenApiTypes.OBJECT)
class PlainObject(Plain):
    """A JSON object."""

    default_error_messages = {"no_object": "Give an object."}

    def to_internal_value(self, data: Any) -> Any:
        """The object as it came."""
        if not isinstance(data, dict):
            self.fail("no_object")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.STR)
class VendorField(serializers.RelatedField[Vendor, Any, str]):
    """A vendor: answered by id, taken by id or by key."""

    default_error_messages = {"unknown": "There is no vendor “{word}”: give the id or the key of one."}

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options.setdefault("queryset", Vendor.objects.all())
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Vendor:
        """The vendor with this id or key."""
        vendor = catalogue.vendor(data) if isinstance(data, str) else None
        if vendor is None:
            self.fail("unknown", word=data)
        return vendor

    def to_representation(self, value: Any) -> str:
        """The id."""
        return str(value.pk)


class Reference(serializers.PrimaryKeyRelatedField[Any]):
    """Another object of the tenant, by id."""

    default_error_messages = {"does_not_exist": "There is no object with this id."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("pk_field", serializers.UUIDField())
        super().__init__(**options)


class Shown(serializers.ModelSerializer[Any]):
    """A model's row as the API shows it: every instant in UTC."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: Instant,
        models.JSONField: Plain,
    }
    id = serializers.UUIDField(read_only=True)
