"""Alerts, the rules that raise them, endpoints and deliveries."""

from __future__ import annotations

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Alert, AlertRule, Attempt, Delivery, Webhook
from audit.queries import alerts, people
from audit.tables.base import CountColumn, Table, WhenColumn, tag
from audit.templatetags import ledger, words

DELIVERY_TAGS = {
    Delivery.State.WAITING: ("on its way", ""),
    Delivery.State.SENT: ("delivered", "on"),
    Delivery.State.FAILED: ("given up", "off"),
}


class AlertTable(Table):
    """What happened, open first."""

    sentence = tables.Column(verbose_name="What happened", orderable=False, attrs={"td": {"class": "why"}})
    kind = tables.Column(accessor="rule__kind", verbose_name="Kind")
    created_at = WhenColumn(verbose_name="Raised")
    resolved_at = tables.Column(verbose_name="State", empty_values=())
    seen_by = tables.Column(verbose_name="Seen by", orderable=False, empty_values=())

    caption = "Alerts"
    empty_text = "Nothing to tell"
    empty_next = (
        "Here stands what a rule watches for: verified work under a threshold, a large new discrepancy, a source that "
        "fell silent, a loop under way. Without a rule nothing is watched."
    )
    empty_act = "Read the rules, or make one"

    class Meta:
        order_by = ()

    def __init__(self, *args: object, slug: str, may: dict[str, bool], **options: object) -> None:
        super().__init__(*args, slug=slug, may=may, **options)
        self.empty_href = self.address("alert-rules")

    def before_render(self, request: object) -> None:
        """The names of whoever has seen them."""
        self.names = people.names([row.record.seen_by for row in self.paginated_rows])

    def render_sentence(self, record: Alert) -> SafeString:
        """What happened; it leads to the alert."""
        return self.link(record.sentence, "alert", alert_id=record.id)

    def render_kind(self, record: Alert) -> str:
        """What was watched for."""
        return str(record.rule.get_kind_display())

    def render_resolved_at(self, record: Alert) -> SafeString:
        """Open, or since when it is over."""
        return alert_tag(record)

    def render_seen_by(self, record: Alert) -> SafeString | str:
        """Who looked at it first; a button where nobody has."""
        if record.seen_at:
            return self.names[record.seen_by]
        if not self.may["answer_alerts"]:
            return "nobody yet"
        return render_to_string("audit/_alert_acts.html", {"alert": record, "slug": self.slug}, self.request)


class AlertRuleTable(Table):
    """What is watched for, and who is told."""

    wish = tables.Column(accessor="pk", verbose_name="What is watched for", orderable=False)
    told = tables.Column(accessor="channels", verbose_name="Told", orderable=False, empty_values=())
    enabled = tables.Column(verbose_name="State")
    open_count = CountColumn(verbose_name="Open alerts")
    made_by = tables.Column(verbose_name="Made by", orderable=False)
    created_at = WhenColumn("day", verbose_name="Made")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Alert rules"
    empty_text = "Nothing is watched yet"
    empty_next = "A rule is a sentence with a number in it. An admin makes it; everybody here sees what it raises."
    empty_act = "Make a rule"
    empty_needs = "manage"

    def __init__(self, *args: object, slug: str, may: dict[str, bool], **options: object) -> None:
        super().__init__(*args, slug=slug, may=may, **options)
        self.empty_href = self.address("alert-rule-add") if may["manage"] else ""

    def before_render(self, request: object) -> None:
        """The names of whoever made or hears of them."""
        rows = [row.record for row in self.paginated_rows]
        self.names = people.names([who for row in rows for who in (row.made_by, *row.recipients)])

    def render_wish(self, record: AlertRule) -> SafeString | str:
        """The sentence; it leads to where it is changed."""
        text = alerts.wish(record)
        return self.link(text, "alert-rule", rule_id=record.id) if self.may["manage"] else text

    def render_told(self, record: AlertRule) -> str:
        """The channels in words."""
        named = ", ".join(self.names[who] for who in record.recipients) or "every admin and analyst"
        ways = {AlertRule.Channel.MAIL: f"mail to {named}", AlertRule.Channel.WEBHOOK: "every endpoint"}
        return ", ".join(["here", *(ways[AlertRule.Channel(word)] for word in record.channels)])

    def render_enabled(self, record: AlertRule) -> SafeString:
        """On or off."""
        return tag("on", "on") if record.enabled else tag("off")

    def render_made_by(self, value: str) -> str:
        """Who made it."""
        return self.names[value]

    def render_acts(self, record: AlertRule) -> SafeString | str:
        """On or off with one button."""
        if not self.may["manage"]:
            return ""
        return render_to_string("audit/_alert_rule_acts.html", {"rule": record, "slug": self.slug}, self.request)


class WebhookTable(Table):
    """The endpoints of the tenant."""

    name = tables.Column()
    url = tables.Column(verbose_name="Address", attrs={"td": {"class": "id"}})
    enabled = tables.Column(verbose_name="State")
    made_by = tables.Column(verbose_name="Made by", orderable=False)
    created_at = WhenColumn("day", verbose_name="Made")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Endpoints"
    empty_text = "No endpoint yet"
    empty_next = "A program of yours that wants to hear of alerts gives an address; add it below."

    def before_render(self, request: object) -> None:
        """The names of whoever made them."""
        self.names = people.names([row.record.made_by for row in self.paginated_rows])

    def render_enabled(self, record: Webhook) -> SafeString:
        """On or off."""
        return tag("on", "on") if record.enabled else tag("off")

    def render_made_by(self, value: str) -> str:
        """Who made it."""
        return self.names[value]

    def render_acts(self, record: Webhook) -> str:
        """A test, and the switch."""
        return render_to_string("audit/_webhook_acts.html", {"webhook": record, "slug": self.slug}, self.request)


class DeliveryTable(Table):
    """Every message that was written, and whether it got there."""

    event = tables.Column(verbose_name="Message")
    to = tables.Column(accessor="pk", verbose_name="To", orderable=False)
    state = tables.Column()
    attempts = CountColumn(accessor="attempts__all", verbose_name="Attempts", orderable=False)
    last = tables.Column(accessor="pk", verbose_name="Last attempt", orderable=False, attrs={"td": {"class": "why"}})
    next_at = WhenColumn("seconds", verbose_name="Next attempt", default="–")
    created_at = WhenColumn("seconds", verbose_name="Written")
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Deliveries"
    empty_text = "Nothing was sent yet"
    empty_next = (
        "A message is written when a rule that tells by mail or webhook raises an alert, or to try an endpoint."
    )

    def before_render(self, request: object) -> None:
        """The names of whoever gets mail."""
        self.names = people.names([row.record.recipient for row in self.paginated_rows])

    def render_event(self, record: Delivery) -> SafeString:
        """What the message says; it leads to the delivery."""
        return self.link(record.event, "delivery", delivery_id=record.id)

    def render_to(self, record: Delivery) -> str:
        """The endpoint or the person."""
        return str(record.webhook) if record.webhook else f"mail to {self.names[record.recipient]}"

    def render_state(self, record: Delivery) -> SafeString:
        """The state in a word."""
        return tag(*DELIVERY_TAGS[Delivery.State(record.state)])

    def render_attempts(self, record: Delivery) -> str:
        """How often it was tried."""
        return words.units(len(record.attempts.all()))

    def render_last(self, record: Delivery) -> SafeString | str:
        """How the last attempt ended."""
        tried = list(record.attempts.all())
        return ended(tried[-1]) if tried else "not tried yet"

    def render_acts(self, record: Delivery) -> SafeString | str:
        """Once more."""
        if not self.may["answer_alerts"]:
            return ""
        return render_to_string("audit/_delivery_acts.html", {"delivery": record, "slug": self.slug}, self.request)


def alert_tag(alert: Alert) -> SafeString:
    """Open, or over since an instant."""
    if alert.resolved_at is None:
        return tag("open", "off")
    return format_html("{} {}", tag("over", "on"), ledger.when(alert.resolved_at))


def ended(attempt: Attempt) -> str:
    """How an attempt ended, and how long it took."""
    took = words.duration(attempt.duration_ms / 1000)
    status = f"answered {attempt.status_code}" if attempt.status_code else "taken"
    return f"{attempt.error or status} ({took})"
