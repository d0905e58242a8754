"""Work to be done."""

from __future__ import annotations

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Job
from audit.queries import jobs
from audit.tables.base import CountColumn, Table, WhenColumn, tag
from audit.templatetags import ledger

TAGS = {
    Job.State.DUE: ("due", ""),
    Job.State.LEASED: ("in hand", ""),
    Job.State.DONE: ("done", "on"),
    Job.State.QUARANTINED: ("quarantined", "off"),
}
PAGES = {
    Job.Kind.TAKE: ("batch", "batch_id"),
    Job.Kind.SEAL: ("batch", "batch_id"),
    Job.Kind.CARRY: ("run", "run_id"),
    Job.Kind.WATCH: ("batch", "batch_id"),
    Job.Kind.DELIVER: ("delivery", "delivery_id"),
    Job.Kind.COUNT: ("vendor", "vendor_id"),
}


class JobTable(Table):
    """What runs, what is stuck, what was quarantined and why."""

    kind = tables.Column(verbose_name="Work")
    object_id = tables.Column(verbose_name="On", orderable=False)
    state = tables.Column()
    attempts = CountColumn()
    created_at = WhenColumn("seconds", verbose_name="Asked")
    ended_at = WhenColumn("seconds", verbose_name="Ended", default="–")
    error = tables.Column(default="", orderable=False)
    acts = tables.Column(accessor="pk", verbose_name="", orderable=False)

    caption = "Jobs"
    empty_text = "No work was asked for yet"
    empty_next = (
        "Reading a file, screening claims, carrying a run, making an export, previewing rules, reckoning counts: each "
        "is a job and listed here."
    )

    class Meta:
        order_by = ("-created_at",)

    def before_render(self, request: object) -> None:
        """What the jobs of this page are done to, by name."""
        self.names = jobs.names([row.record for row in self.paginated_rows])

    def render_kind(self, record: Job) -> str:
        """What is done."""
        return record.get_kind_display()

    def render_object_id(self, record: Job) -> SafeString | str:
        """What it is done to, by name; it leads there if it has a page."""
        text = self.names.get(record.object_id) or ledger.short(record.object_id)
        name, key = PAGES.get(Job.Kind(record.kind), ("", ""))
        return self.link(text, name, **{key: record.object_id}) if name else text

    def render_state(self, record: Job) -> SafeString:
        """The state in a word."""
        return tag(*TAGS[Job.State(record.state)])

    def render_error(self, value: str) -> SafeString:
        """The last error: its first line, the rest folded away."""
        first, _, rest = value.partition("\n")
        if not rest.strip():
            return format_html("{}", first)
        return format_html('<details class="fold"><summary>{}</summary><pre>{}</pre></details>', first, rest.strip())

    def render_acts(self, record: Job) -> SafeString | str:
        """A quarantined job can be tried again."""
        if record.state != Job.State.QUARANTINED or not self.may["upload"]:
            return ""
        return render_to_string("audit/_job_acts.html", {"job": record, "slug": self.slug}, self.request)
