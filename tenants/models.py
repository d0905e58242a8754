"""Tenants, the people in them, their API keys, and what every tenant-owned model inherits."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from tenants import scope

_clock = threading.Lock()
_last_tick = 0


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562, method 3): later ids of one process sort after earlier ones."""
    global _last_tick
    with _clock:
        _last_tick = tick = max(time.time_ns() * 4096 // 1_000_000, _last_tick + 1)  # 48 bits of ms, 12 of a ms
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62))


def check_time_zone(name: str) -> None:
    """Refuses what is not a name of the IANA time zone database."""
    if name not in available_timezones():
        raise ValidationError("%(name)s is not a time zone. Use a name like Europe/Berlin.", params={"name": name})


class EmailAddress(models.EmailField):  # type: ignore[type-arg]  # not generic when it runs
    """An address kept and looked up in lower case, so that one person has one account."""

    def get_prep_value(self, value: Any) -> Any:
        """The address as it is stored."""
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    """Makes accounts."""

    def create_user(self, email: str, name: str, password: str | None = None) -> User:
        """A new account; without a password nobody can sign in to it yet."""
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. What they may do is said by their memberships, never here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = EmailAddress("email address", unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="tenants_user_email_is_lower_case")
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Tenant(models.Model):
    """A customer: the owner of everything on one side of the wall."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member is in a tenant; `access.PERMISSIONS` says what each may do."""

    VIEWER = "viewer", "Viewer"
    ANALYST = "analyst", "Analyst"
    AUDITOR = "auditor", "Auditor"
    ADMIN = "admin", "Admin"
    GUEST = "guest", "Vendor guest"


class Membership(models.Model):
    """A person in a tenant. Never deleted: a member who left keeps the row, with `removed_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="tenants_membership_once_per_person")]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role}"


class Scope(models.TextChoices):
    """What an API key may be used for."""

    INGEST = "ingest", "Send data"
    READ = "read", "Read"
    RUN = "run", "Open runs"
    ADMIN = "admin", "Change vendors, sources, rules"


class ApiKey(models.Model):
    """A machine's key to one tenant. The secret is shown once; its SHA-256 digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    is_authenticated = True  # what Django REST framework asks of request.user

    def __str__(self) -> str:
        return self.name

    def works_at(self, moment: Any) -> bool:
        """Whether the key is neither revoked nor expired at this instant."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


class SignInThrottle(models.Model):
    """Failed sign-ins of one account from one address, by a keyed hash into a fixed number of rows."""

    bucket = models.IntegerField(primary_key=True)
    failures = models.IntegerField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures} since {self.since}"


Row = TypeVar("Row", bound=models.Model)


class TenantQuerySet(models.QuerySet[Row]):
    """Refuses to reach the database outside a scope, wherever it was built."""

    @property
    def db(self) -> str:
        """The database, asked for by every statement before it is sent."""
        scope.current()
        return super().db


class TenantModel(models.Model):
    """A row that belongs to one tenant. Its table must be named by `rls.SecureTables` in a migration."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, default=scope.current, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key to a row of the same tenant.

    Django sees one column. In the database `rls.SecureTables` makes it (tenant_id, x_id) → (tenant_id, id), so that
    no row can point over the wall.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """For migrations, without what this class decides itself."""
        name, path, args, options = super().deconstruct()
        del options["db_constraint"]
        return name, path, args, options
