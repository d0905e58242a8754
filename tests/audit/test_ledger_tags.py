"""Words of numbers, verdicts, places and tables; and the rules that every template and the stylesheet keep."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django_tables2 as tables
import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import path
from django.utils import timezone
from django_tables2 import LazyPaginator, RequestConfig

from audit.kernel.terms import MEANINGS, Reason, State
from audit.templatetags import ledger, words

ROOT = Path(__file__).parent.parent.parent
CSS = (ROOT / "awu_portal" / "static" / "ledger.css").read_text()
SPACE = "\N{NO-BREAK SPACE}"
AT = datetime(2026, 10, 2, 7, 14, 30, tzinfo=UTC)


def page(request: HttpRequest, tenant: str) -> HttpResponse:
    return HttpResponse()


def guarded(request: HttpRequest, tenant: str) -> HttpResponse:
    return HttpResponse()


guarded.permission = "manage"  # type: ignore[attr-defined]
urlpatterns = [
    path("t/<slug:tenant>/runs/", page, name="runs"),
    path("t/<slug:tenant>/lines/", page, name="lines"),
    path("t/<slug:tenant>/members/", guarded, name="members"),
]


def render(source: str, request: Any = None, **context: Any) -> str:
    return engines["django"].from_string(source).render(context, request)


def asked(address: str, **may: bool) -> Any:
    request: Any = RequestFactory().get(address)
    request.tenant = SimpleNamespace(slug="northwind", name="Northwind")
    request.user = SimpleNamespace(is_authenticated=True, get_username="ines@northwind.example")
    request.role, request.may = "viewer", may
    return request


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (0, "USD", "$0.00"),
        (1, "USD", "$0.000001"),
        (142_000, "USD", "$0.142"),
        (100_000, "EUR", "€0.10"),
        (124_011_000_000, "USD", "$124,011.00"),
        (-1_500_000, "GBP", "−£1.50"),
        (9_007_199_254_740_993_123_456, "USD", "$9,007,199,254,740,993.123456"),
        (1_000_000, "CHF", f"CHF{SPACE}1.00"),
        (1_000_000, None, "1.00"),
        (None, "USD", "–"),
    ],
)
def test_money_is_exact(micros: int | None, currency: str | None, text: str) -> None:
    assert words.money(micros, currency) == text


@pytest.mark.parametrize(
    ("bps", "text"),
    [
        (0, "0 %"),
        (1, "< 0.1 %"),
        (9, "< 0.1 %"),
        (10, "0.1 %"),
        (7029, "70.2 %"),
        (9999, "99.9 %"),
        (10_000, "100 %"),
        (-310, "−3.1 %"),
    ],
)
def test_a_share_is_cut_off_and_only_all_is_100(bps: int, text: str) -> None:
    assert words.share(bps) == text.replace(" ", SPACE)


def test_a_share_of_nothing_is_no_share() -> None:
    assert words.share(None) == words.share_of(0, 0) == words.NONE
    assert words.share_of(1, 771_000_000) == f"<{SPACE}0.1{SPACE}%"


def test_units_are_grouped() -> None:
    assert words.units(771_000_000) == "771,000,000"
    assert words.units(-1204) == "−1,204"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0 ms"),
        (0.85, "850 ms"),
        (59, "59 s"),
        (252, "4 min 12 s"),
        (3600, "1 h"),
        (97_200, "1 d 3 h"),
        (timedelta(days=-2), "−2 d"),
    ],
)
def test_a_duration_has_at_most_two_parts(length: float | timedelta, text: str) -> None:
    assert words.duration(length).replace(SPACE, " ") == text


def test_an_instant_is_said_in_the_active_zone_with_utc_in_its_title() -> None:
    with timezone.override("Europe/Berlin"):
        said = ledger.when(AT)
    assert said == '<time datetime="2026-10-02T07:14:30Z" title="2026-10-02T07:14:30Z">2 Oct 2026 09:14</time>'
    assert "07:14:30.5Z" in ledger.when(AT + timedelta(milliseconds=500))
    assert ledger.when(None) == words.NONE


def test_microseconds_and_instants_say_the_same() -> None:
    assert ledger.when(int(AT.timestamp()) * 1_000_000) == ledger.when(AT)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ledger.when(AT.replace(tzinfo=None))


def test_an_id_keeps_both_its_ends() -> None:
    assert words.short("0199a1de-5c02-7b11-9e40-7c1f00aa0001") == "0199a1de…aa0001"
    assert words.short("short") == "short"
    assert "&lt;b&gt;" in ledger.short("<b>")


@pytest.mark.parametrize("reason", list(Reason))
def test_a_verdict_is_colour_icon_and_word(reason: Reason) -> None:
    meaning = MEANINGS[reason]
    said = ledger.verdict(meaning.state, reason)
    assert f'class="verdict {meaning.state}"' in said
    assert '<svg class="mark"' in said
    assert ("Verified" if reason == Reason.SUPPORTED else meaning.title) in said
    assert ledger.describe(reason) == meaning.words


def test_every_state_has_its_own_icon_or_line() -> None:
    assert set(ledger.STATE_WORDS) == set(State)
    assert {state.value for state in State} <= set(ledger.MARKS)
    assert ".unverifiable > .mark { stroke-dasharray" in CSS  # the one that shares its outline with another


@pytest.mark.urls(__name__)
def test_places_that_a_reader_may_not_open_are_hidden() -> None:
    source = "{% load ledger %}{% navigation %}"
    assert "Members" not in render(source, asked("/t/northwind/runs/", see=True, manage=False))
    assert "Members" in render(source, asked("/t/northwind/runs/", see=True, manage=True))
    assert render(source, asked("/t/northwind/runs/", see=False)).strip() == ""


@pytest.mark.urls(__name__)
def test_the_place_one_is_in_is_marked() -> None:
    def marked(address: str, **context: Any) -> list[Any]:
        html = render("{% load ledger %}{% navigation %}", asked(address, see=True), **context)
        return re.findall(r'aria-current="(\w+)">(\w+)<', html)

    assert marked("/t/northwind/runs/") == [("page", "Runs")]
    assert marked("/t/northwind/runs/14/") == [("true", "Runs")]
    assert marked("/t/northwind/claims/a/b/", here="lines") == [("true", "Claims")]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_an_error_page_needs_no_request_and_says_what_now(name: str) -> None:
    html = engines["django"].get_template(f"{name}.html").render({})
    assert "<h1>" in html
    assert 'class="act"' in html
    assert "Sign out" not in html


class Lines(tables.Table):  # type: ignore[misc]
    caption = "Lines of the run"
    empty_next = "Upload a file."
    agent = tables.Column()
    units = tables.Column(attrs={"cell": {"class": "r"}})
    note = tables.Column(orderable=False)

    class Meta:
        empty_text = "No lines yet"


def table_page(address: str, count: int, **options: Any) -> str:
    data = [{"agent": f"agent {place}", "units": place, "note": "<b>"} for place in range(count)]
    request = asked(address)
    table = Lines(data, request=request)
    RequestConfig(request, paginate={"per_page": 50, **options}).configure(table)
    return str(table.as_html(request))


def test_a_table_names_its_rows_its_order_and_its_pages() -> None:
    html = table_page("/lines?sort=-units&state=x", 120)
    assert "1–50 of 120" in html
    assert html.count("aria-sort=") == 1
    assert 'aria-sort="descending"' in html
    assert '<caption class="said" id="caption-main">Lines of the run</caption>' in html
    assert 'tabindex="0" role="region" aria-labelledby="caption-main"' in html
    assert "?sort=-units&amp;state=x&amp;page=2" in html
    assert "&lt;b&gt;" in html


def test_sorting_goes_back_to_the_first_page() -> None:
    assert 'href="?sort=agent"' in table_page("/lines?page=2", 120)


def test_rows_that_are_not_counted_have_no_last_page() -> None:
    html = table_page("/lines", 120, paginator_class=LazyPaginator)
    assert "1–50<" in html
    assert "Last" not in html
    assert "Next" in html


def test_an_empty_table_says_what_to_do_next() -> None:
    html = table_page("/lines?sort=units", 0)
    assert "No lines yet" in html
    assert "Upload a file." in html
    assert "Clear the filters" in table_page("/lines?state=x", 0)


class Form(forms.Form):
    name = forms.CharField(label="<Name>", help_text="Who & what")
    agree = forms.BooleanField()
    kind = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect, required=False)


def test_a_field_is_tied_to_its_label_its_help_and_its_error() -> None:
    html = render('{% include "_fields.html" %}', form=Form({}))
    described = re.search(r'<input[^>]*name="name"[^>]*aria-describedby="([^"]*)"', html)
    assert described is not None
    assert all(f'id="{name}"' in html for name in described[1].split())
    assert '<label for="id_name">&lt;Name&gt;' in html
    assert "<legend>Kind</legend>" in html
    assert 'role="alert"' in html
    assert "&amp; what" in html


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda found: found.name)
def test_no_template_styles_or_scripts_inline(template: Path) -> None:
    source = template.read_text()
    assert not re.search(r"<[^>]*\sstyle\s*=", source)
    assert not re.search(r"<style\b", source)
    assert not re.search(r"""<[^>]*\son[a-z]+\s*=\s*["']""", source)
    assert not re.search(r"\bhx-on|javascript:|hx-vals=[\"']js:", source)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", source))
    assert not re.search(r"""(src|href)=["'](https?:)?//""", source), "nothing is loaded from elsewhere"


def test_the_stylesheet_and_the_script_load_nothing_from_elsewhere() -> None:
    script = (ROOT / "awu_portal" / "static" / "app.js").read_text()
    assert "@import" not in CSS
    assert "url(" not in CSS
    assert "http" not in CSS + script
    assert not re.search(r"\beval\b|new Function|innerHTML", script)


# Contrast, as WCAG 2.2 computes it.
Colour = tuple[float, float, float]
SCHEMES = ("light", "dark")


def colours(scheme: str) -> dict[str, Colour]:
    """The palette of a scheme, by name, each channel 0–255."""
    pairs = re.findall(r"--([\w]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
    return {
        name: tuple(int(pair[SCHEMES.index(scheme)][place : place + 2], 16) for place in (1, 3, 5))  # type: ignore[misc]
        for name, *pair in pairs
    }


def mixed(over: Colour, under: Colour, share: float) -> Colour:
    """`color-mix(in srgb, over share, under)`."""
    return tuple(a * share + b * (1 - share) for a, b in zip(over, under, strict=True))  # type: ignore[return-value]


def contrast(one: Colour, other: Colour) -> float:
    def luminance(colour: Colour) -> float:
        red, green, blue = (
            channel / 255 / 12.92 if channel / 255 <= 0.04045 else ((channel / 255 + 0.055) / 1.055) ** 2.4
            for channel in colour
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


VERDICTS = ("verified", "contradicted", "unsupported", "unverifiable")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_on_every_ground(scheme: str) -> None:
    palette = colours(scheme)
    grounds = {name: palette[name] for name in ("paper", "sheet", "rail")}
    grounds["hovered row"] = mixed(palette["ink"], palette["paper"], 0.05)
    weak = {
        (text, name): round(ratio, 2)
        for text in ("ink", "soft", "accent", *VERDICTS)
        for name, ground in grounds.items()
        if (ratio := contrast(palette[text], ground)) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_notes_shades_and_buttons_can_be_read(scheme: str) -> None:
    palette = colours(scheme)
    ink, paper, sheet = palette["ink"], palette["paper"], palette["sheet"]
    grounds = [mixed(palette[name], paper, 0.1) for name in VERDICTS]
    grounds += [mixed(palette["hot"], sheet, step / 10) for step in range(11)]
    grounds.append(mixed(ink, palette["rail"], 0.08))
    assert min(contrast(ink, ground) for ground in grounds) >= 4.5
    assert contrast(paper, mixed(ink, paper, 0.85)) >= 4.5
    assert contrast(palette["contradicted"], mixed(palette["contradicted"], paper, 0.1)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_bars_and_the_focus_ring_stand_out(scheme: str) -> None:
    palette = colours(scheme)
    weak = {
        (line, ground): round(ratio, 2)
        for line in ("edge", "accent", *VERDICTS)
        for ground in ("paper", "sheet", "rail")
        if (ratio := contrast(palette[line], palette[ground])) < 3
    }
    assert weak == {}
