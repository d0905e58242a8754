"""The lists of members and keys."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string

from tenants.models import ApiKey, Membership, Role, Scope

WHEN = "{% load ledger %}{% if value %}{{ value|when }}{% else %}never{% endif %}"


class MemberTable(tables.Table):
    """Who belongs to the tenant, with what each may be made."""

    name = tables.Column(accessor="user__name")
    email = tables.Column(accessor="user__email", verbose_name="E-mail")
    role = tables.Column()
    since = tables.TemplateColumn(WHEN, accessor="created_at", verbose_name="Member since")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Members"
    empty_text = "Nobody belongs to this tenant yet"

    class Meta:
        model = Membership
        fields = ("name", "email", "role", "since", "acts")
        order_by = ("name",)

    def render_role(self, value: str) -> str:
        """The role by its name."""
        return str(Role(value).label) if value in Role.values else value

    def render_acts(self, record: Membership) -> str:
        """The forms that change or end a membership."""
        return render_to_string("tenants/_member_acts.html", {"membership": record, "roles": Role}, self.request)


class KeyTable(tables.Table):
    """The keys of the tenant: what each may do, and whether it still does."""

    name = tables.Column()
    scopes = tables.Column(orderable=False)
    created_by = tables.Column(accessor="created_by__name", verbose_name="Made by")
    created_at = tables.TemplateColumn(WHEN, verbose_name="Made")
    expires_at = tables.TemplateColumn(WHEN, verbose_name="Ends")
    last_used_at = tables.TemplateColumn(WHEN, verbose_name="Last used")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "API keys"
    empty_text = "There is no key yet"
    empty_next = "A program needs one to send data here or to read results."

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "created_by", "created_at", "expires_at", "last_used_at", "acts")
        order_by = ("-created_at",)

    def render_scopes(self, value: list[str]) -> str:
        """The scopes by their names."""
        return ", ".join(str(Scope(word).label) for word in value)

    def render_acts(self, record: Any) -> str:
        """The way to revoke the key, or when that was done."""
        return render_to_string("tenants/_key_acts.html", {"key": record}, self.request)
