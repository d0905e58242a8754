"""What somebody wants to be told, as a sentence with gaps; and endpoints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from audit.forms.sources import per_cent
from audit.models import AlertRule, Delivery, Source, Vendor
from audit.queries.alerts import mail_members
from tenants.models import Membership

MILLION = 1_000_000
Kind = AlertRule.Kind


class RuleForm(forms.Form):
    """Who is told, of whatever kind of rule. `gaps`: the fields that the sentence holds, in its order."""

    gaps: ClassVar[tuple[str, ...]] = ()
    mail = forms.BooleanField(required=False, label="By mail")
    recipients = forms.MultipleChoiceField(
        required=False,
        label="Mail to",
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody chosen: every admin and analyst.",
    )
    webhook = forms.BooleanField(required=False, label="By webhook, to every endpoint that is on")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = [(f"user:{member.user_id}", _person(member)) for member in mail_members()]
        self.fields["recipients"].choices = people  # type: ignore[attr-defined]
        for name in self.gaps:
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        for name, model in (("vendor", Vendor), ("source", Source)):
            if name in self.fields:
                self.fields[name].queryset = model.objects.all()  # type: ignore[attr-defined]

    def settings(self) -> dict[str, Any]:
        """What the operations take."""
        given = self.cleaned_data
        channels = [word for word in AlertRule.Channel.values if given[word]]
        return {"channels": channels, "recipients": given["recipients"], **self.watched()}

    def watched(self) -> dict[str, Any]:
        """The rule's own numbers."""
        return {name: self.cleaned_data[name] for name in self.gaps}

    @classmethod
    def initial_of(cls, rule: AlertRule) -> dict[str, Any]:
        """A rule as the form shows it."""
        shown = {name: getattr(rule, name, None) for name in cls.gaps} | {"recipients": rule.recipients}
        money = Decimal(rule.amount_micros) / MILLION
        shown |= {word: word in rule.channels for word in AlertRule.Channel.values}
        return shown | {"threshold": per_cent(rule.threshold_bps), "amount": f"{money.normalize():f}"}


def _person(member: Membership) -> str:
    return f"{member.user} ({member.get_role_display()}, {member.user.email})"


def _vendor() -> forms.ModelChoiceField[Vendor]:
    return forms.ModelChoiceField(Vendor.objects.none(), required=False, empty_label="any vendor", label="Vendor")


def _currency() -> forms.RegexField:
    wrong = {"invalid": "Three letters, such as USD or EUR; or nothing."}
    shown = forms.TextInput(attrs={"size": 5, "placeholder": "any"})
    return forms.RegexField(r"^[A-Za-z]{3}$", required=False, label="Currency", error_messages=wrong, widget=shown)


def _count(label: str, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most)


class VerifiedLowForm(RuleForm):
    """Verified work falls under a share of what was claimed."""

    threshold = forms.DecimalField(label="Per cent", min_value=Decimal("0.01"), max_value=100, decimal_places=2)
    vendor = _vendor()
    gaps = ("threshold", "vendor")

    def watched(self) -> dict[str, Any]:
        """The threshold in basis points."""
        given = self.cleaned_data
        return {"threshold_bps": int(given["threshold"] * 100), "vendor": given["vendor"]}


class DiscrepancyForm(RuleForm):
    """A new discrepancy of an amount or more."""

    amount = forms.DecimalField(label="Amount", min_value=Decimal("0.01"), max_digits=15, decimal_places=2)
    currency = _currency()
    vendor = _vendor()
    gaps = ("amount", "currency", "vendor")

    def watched(self) -> dict[str, Any]:
        """The amount in millionths."""
        given = self.cleaned_data
        micros = int(given["amount"] * MILLION)
        return {"amount_micros": micros, "currency": given["currency"].upper(), "vendor": given["vendor"]}


class SilenceForm(RuleForm):
    """A source sends nothing for too long."""

    source = forms.ModelChoiceField(Source.objects.none(), required=False, empty_label="any source", label="Source")
    hours = _count("Hours", 8_760)
    gaps = ("source", "hours")


class LoopForm(RuleForm):
    """A stream claims the same work again and again."""

    vendor = _vendor()
    repeats = _count("Times", 1_000_000)
    gaps = ("vendor", "repeats")


FORMS: dict[str, type[RuleForm]] = {
    Kind.VERIFIED_LOW: VerifiedLowForm,
    Kind.DISCREPANCY: DiscrepancyForm,
    Kind.SILENCE: SilenceForm,
    Kind.LOOP: LoopForm,
}


class WebhookForm(forms.Form):
    """A new endpoint."""

    name = forms.CharField(max_length=200, help_text="Who listens there: “on-call channel”, “finance queue”.")
    url = forms.CharField(
        max_length=2000,
        label="Address",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text="HTTPS, on the public internet. Redirects are not followed.",
    )


class DeliveryFilter(forms.Form):
    """Deliveries of one state."""

    state = forms.ChoiceField(choices=[("", "Every state"), *Delivery.State.choices], required=False)
