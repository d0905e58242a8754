"""What people type about themselves, members and keys."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone

from tenants.models import Role, Scope, User


class SignInForm(forms.Form):
    """E-mail address and password."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PasswordForm(forms.Form):
    """The first password of an invited person."""

    password = forms.CharField(
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A few words that you remember serve well.",
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        """Refuses what Django's validators refuse."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class MemberForm(forms.Form):
    """A new member."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(max_length=200)
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.VIEWER,
        help_text="A viewer looks; an analyst also uploads, opens runs and drafts rules; an auditor looks, samples and "
        "exports; an admin does all of that, approves rules and manages this page; a vendor’s guest sees only what is "
        "shared.",
    )


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=Role.choices)


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(max_length=200, help_text="What will use it: “nightly upload”, “finance report”.")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="What it may do"
    )
    last_day = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="The last day on which it works."
    )

    def expires_at(self) -> datetime | None:
        """The end of the last day in the tenant's zone, or None for a key without an end."""
        day = self.cleaned_data["last_day"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None
