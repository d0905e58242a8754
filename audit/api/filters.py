"""Filters and orders of lists. A name that a list does not know is an error, never ignored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import exceptions
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

from audit.api.paging import NAMES
from audit.models import (
    Actor,
    Agent,
    Alert,
    AlertRule,
    Batch,
    Coverage,
    Delivery,
    Export,
    Finding,
    RateCard,
    RuleSet,
    Run,
    Score,
    Source,
    StatedCount,
    Vendor,
)
from audit.models.runs import REASON_CHOICES
from audit.queries import catalogue


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Raises ValidationError for parameters of the query that nobody asked for."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise exceptions.ValidationError(
            {name: [f"There is no such parameter here. Use: {names}."] for name in unknown}
        )


def _expect_yes_or_no(request: Request, name: str) -> None:
    """django-filter takes any other word for no filter at all."""
    if request.query_params.get(name, "").lower() not in ("", "true", "false"):
        raise exceptions.ValidationError({name: ["Use true or false."]})


class Filters(DjangoFilterBackend):
    """The view's `filterset_class`, strictly."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """The rows that pass. Raises ValidationError, with the parameter."""
        filters: dict[str, Any] = getattr(getattr(view, "filterset_class", None), "base_filters", {})
        refuse_unknown(request, [*filters, *NAMES, "ordering"])
        for name, entry in filters.items():
            if isinstance(entry, django_filters.BooleanFilter):
                _expect_yes_or_no(request, name)
        return super().filter_queryset(request, queryset, view)


class Ordering(OrderingFilter):
    """`?ordering=name,-other`; the id is always the last, so that no two rows are equal."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> list[str]:
        """The names to order by. Raises ValidationError for one that the list has not."""
        text = request.query_params.get(self.ordering_param, "")
        named = [name.strip() for name in text.split(",") if name.strip()]
        allowed = {name for name, _ in self.get_valid_fields(queryset, view, {"request": request})}
        if unknown := [name for name in named if name.removeprefix("-") not in allowed]:
            sentence = f"Lists cannot be ordered by {', '.join(unknown)}. Use: {', '.join(sorted(allowed))}."
            raise exceptions.ValidationError({self.ordering_param: [sentence]})
        order = named or list(view.ordering)
        return order if {"id", "-id"} & set(order) else [*order, "id"]


class VendorFilter(django_filters.CharFilter):
    """A vendor by id or key; `column` holds the vendor itself or its key."""

    def filter(self, qs: Any, value: Any) -> Any:
        """The rows of that vendor; none where nobody is called so."""
        if not value:
            return qs
        found = catalogue.vendor(value)
        if self.field_name == "vendor_id":
            return qs.filter(vendor_id=found.pk) if found else qs.none()
        return qs.filter(**{self.field_name: found.key if found else value})


class VendorFilters(FilterSet):
    """Vendors."""

    q = django_filters.CharFilter(method="find", label="A part of the key or the name.")

    class Meta:
        model = Vendor
        fields = ("key", "name")

    def find(self, queryset: QuerySet[Vendor], name: str, value: str) -> QuerySet[Vendor]:
        """Those whose key or name holds the text."""
        return queryset.filter(Q(key__icontains=value) | Q(name__icontains=value))


class AgentFilters(FilterSet):
    """Agents."""

    vendor = VendorFilter(field_name="vendor_id")

    class Meta:
        model = Agent
        fields = ("vendor", "agent_id", "name")


class ActorFilters(FilterSet):
    """Bindings of accounts."""

    vendor = VendorFilter(field_name="vendor_id")

    class Meta:
        model = Actor
        fields = ("vendor", "system", "actor", "agent_id")


class RateCardFilters(FilterSet):
    """Prices."""

    vendor = VendorFilter(field_name="vendor_id")

    class Meta:
        model = RateCard
        fields = ("vendor", "action", "basis", "currency", "starts_on")


class SourceFilters(FilterSet):
    """Sources."""

    vendor = VendorFilter(field_name="vendor_id")

    class Meta:
        model = Source
        fields = ("kind", "name", "vendor", "system", "grade")


class CoverageFilters(FilterSet):
    """Coverage."""

    class Meta:
        model = Coverage
        fields = ("system", "grade", "target_prefix", "action", "state")


class BatchFilters(FilterSet):
    """Batches."""

    source = django_filters.UUIDFilter(field_name="source_id")
    kind = django_filters.ChoiceFilter(field_name="source__kind", choices=Source.Kind.choices)

    class Meta:
        model = Batch
        fields = ("source", "kind", "state", "sha256", "file_name")


class CountFilters(FilterSet):
    """Stated counts; `from` and `until` name buckets that lie between them at least in part."""

    vendor = VendorFilter(field_name="vendor_id")
    until = django_filters.IsoDateTimeFilter(field_name="period_start", lookup_expr="lt")
    superseded = django_filters.BooleanFilter(
        field_name="superseded_by", lookup_expr="isnull", exclude=True, label="False where not given."
    )

    class Meta:
        model = StatedCount
        fields = ("vendor", "agent_id", "action", "environment", "batch", "run", "watch", "differs", "superseded")

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__({"superseded": "false", **(data.dict() if data else {})}, *args, **options)


CountFilters.base_filters["from"] = django_filters.IsoDateTimeFilter(  # a word that Python keeps for itself
    field_name="period_end", lookup_expr="gt"
)


class RuleSetFilters(FilterSet):
    """Versions of rule sets."""

    class Meta:
        model = RuleSet
        fields = ("name", "version", "state", "digest")


class RunFilters(FilterSet):
    """Runs."""

    vendor = VendorFilter(field_name="vendor_id")
    rule_set = django_filters.UUIDFilter(field_name="rule_set_id")
    superseded = django_filters.BooleanFilter(field_name="superseded_by", lookup_expr="isnull", exclude=True)
    period_start = django_filters.IsoDateTimeFilter()
    period_end = django_filters.IsoDateTimeFilter()

    class Meta:
        model = Run
        fields = ("state", "vendor", "rule_set", "trial", "superseded", "period_start", "period_end", "number")


class FindingFilters(FilterSet):
    """What a run found of its discrepancies."""

    reason = django_filters.ChoiceFilter(field_name="discrepancy__reason", choices=REASON_CHOICES)
    vendor = VendorFilter(field_name="discrepancy__vendor")
    agent_id = django_filters.CharFilter(field_name="discrepancy__agent_id")
    action = django_filters.CharFilter(field_name="discrepancy__action")

    class Meta:
        model = Finding
        fields = ("reason", "vendor", "agent_id", "action", "currency")


class ExportFilters(FilterSet):
    """Exports."""

    run = django_filters.UUIDFilter(field_name="run_id")

    class Meta:
        model = Export
        fields = ("run", "state", "format")


class AlertFilters(FilterSet):
    """Alerts."""

    kind = django_filters.ChoiceFilter(field_name="rule__kind", choices=AlertRule.Kind.choices)
    rule = django_filters.UUIDFilter(field_name="rule_id")
    open = django_filters.BooleanFilter(field_name="resolved_at", lookup_expr="isnull")
    seen = django_filters.BooleanFilter(field_name="seen_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Alert
        fields = ("kind", "rule", "open", "seen")


class DeliveryFilters(FilterSet):
    """Deliveries."""

    alert = django_filters.UUIDFilter(field_name="alert_id")
    webhook = django_filters.UUIDFilter(field_name="webhook_id")

    class Meta:
        model = Delivery
        fields = ("alert", "webhook", "channel", "event", "state")


class ScoreFilters(FilterSet):
    """Scores of one run."""

    by = django_filters.ChoiceFilter(choices=Score.By.choices)
    run = django_filters.UUIDFilter(method="leave", label="The run; where not given the newest that counts.")
    vendor = VendorFilter(field_name="vendor")

    class Meta:
        model = Score
        fields = ("by", "run", "vendor", "agent_id", "action", "day")

    def leave(self, queryset: QuerySet[Score], name: str, value: Any) -> QuerySet[Score]:
        """As it is: the endpoint has chosen the run."""
        return queryset
