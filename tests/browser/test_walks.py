"""Three people's short walks through the portal, by what they read on its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from audit.management.commands.load_demo import PASSWORD
from tests.browser.conftest import IN_A_BROWSER, PATIENCE, Portal, Visit
from tests.stock import HEADER, ROW, drain

pytestmark = IN_A_BROWSER
AT = ("2026-07-07T09:00:00Z", "2026-07-08T09:00:00Z", "2026-07-08T09:00:00Z", "yesterday")
FILE = HEADER + "".join(ROW.format(word="walked", number=len({*AT[: n + 1]}), at=at) for n, at in enumerate(AT))
EXPORT = (
    "Task Ref;Bot;Kind;Case Number;Completed At\n"
    "S-1;desk;case_resolution;crm/Case/1;13/07/2026 09:00\n"
    "S-2;desk;case_resolution;crm/Case/2;14/07/2026 09:00\n"
    "S-2;desk;case_resolution;crm/Case/2;14/07/2026 09:05\n"
    "S-3;desk;case_resolution;crm/Case/3;yesterday\n"
)
EXPORTED = {"claim_id": "Task Ref", "agent_id": "Bot", "action": "Kind", "target": "Case Number"}
SHUT = """() => [...document.querySelectorAll("main :is(li, tr, dl > div, details)")]
  .filter((e) => /\\d/.test(e.textContent) && !e.closest("thead") && !e.querySelector("a, details")
    && !e.parentElement.closest("li, tr, details"))
  .map((e) => e.textContent.trim())"""  # rows with a number that lead nowhere
SignIn = Callable[[str], Visit]

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def sign_in(portal: Portal) -> SignIn:
    """A fresh window in which somebody has signed in with their password."""

    def person(email: str) -> Visit:
        visit = portal.visit()
        visit.open("/")
        visit.page.get_by_label("E-mail").fill(email)
        visit.page.get_by_label("Password").fill(PASSWORD)
        visit.page.get_by_role("button", name="Sign in").click()
        return visit

    return person


def to(page: Page, place: str) -> None:
    """Follow a link of the rail."""
    page.locator(".wide nav").get_by_role("link", name=place, exact=True).click()
    expect(page.locator(".wide nav a[aria-current]")).to_have_text(place)


def figures(page: Page) -> dict[str, int]:
    """The receipt's numbers by their names."""
    pairs = re.findall(
        r"(Received|Accepted|Duplicate|Conflicting|Refused)\s+([\d,]+)", page.get_by_label("Receipt").inner_text()
    )
    return {name: int(count.replace(",", "")) for name, count in pairs}


def test_an_analyst_takes_a_file_to_the_verdict_on_one_claim(portal: Portal, sign_in: SignIn) -> None:
    visit = sign_in("bob@northwind.example")
    page = visit.page
    _upload(page, portal)
    _judge(page, portal)
    page.get_by_role("link", name="Overview").last.click()
    expect(page.locator("h1")).to_contain_text("can be verified")
    visit.look("walk-overview")
    assert visit.barriers() == []
    page.locator("table.fall a", has_text="No evidence").click()
    expect(page.locator("h1")).to_have_text("Discrepancies")
    page.locator("tbody tr", has_text="walked-agent").get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("walked-action by walked-agent")
    page.locator("#table-main tbody a").first.click()
    expect(page.get_by_text("As received line")).to_be_visible()
    expect(page.locator("main")).to_contain_text("walked-1")
    assert visit.faults == []


def test_a_buyer_has_a_vendors_own_export_read_and_held_against_itself(portal: Portal, sign_in: SignIn) -> None:
    visit = sign_in("alice@northwind.example")
    page = visit.page
    to(page, "Sources")
    page.get_by_role("link", name="Add a source").click()
    page.get_by_role("link", name="Claims").last.click()
    page.get_by_label("The new vendor's name").fill("Strolled AG")
    page.get_by_label("Name", exact=True).fill("strolled export")
    page.get_by_label("Most refused rows, in per cent").fill("30")
    page.get_by_role("button", name="Add the source").click()
    arrive(visit, "strolled export")
    upload = {"name": "export.csv", "mimeType": "text/csv", "buffer": EXPORT.encode()}
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("main")).to_contain_text("Three questions")
    assert visit.barriers() == []
    page.get_by_role("button", name="Save and read the file").click()
    expect(page.locator("main")).to_contain_text("Say what one line is")
    assert [fault for fault in visit.faults if "422" not in fault] == []  # the console tells of that answer too
    visit.faults.clear()
    page.get_by_label("One unit of work", exact=True).check()
    page.get_by_label("In which time zone are its times?").select_option("Europe/Berlin")
    page.get_by_label("Or it is the same for every line").fill("production")
    for field, column in EXPORTED.items():
        page.locator(f"[name=column_{field}]").select_option(column)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("h1")).to_have_text("1 of 4 rows would be refused")
    assert visit.barriers() == []
    page.get_by_role("button", name="Save and read the file").click()
    drain(portal.northwind.tenant_id)
    expect(page.locator("main")).to_contain_text("3 of 4 rows of export.csv were accepted")
    page.get_by_role("link", name="Its claim screen").click()
    arrive(visit, "ask for a look")
    page.get_by_role("link", name="Show 1 line").first.click()
    arrive(visit, "the lines of export.csv")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert visit.faults == []


def _upload(page: Page, portal: Portal) -> None:
    """Through the page of a source; the receipt fills itself once a worker has read the file."""
    to(page, "Sources")
    page.get_by_role("link", name="marigold feed").click()
    upload = {"name": "walked.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    expect(page.locator(".drop output")).to_contain_text("walked.csv")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("h1")).to_have_text("walked.csv is being read")
    drain(portal.northwind.tenant_id)
    expect(page.locator("h1")).to_have_text("3 of 4 rows of walked.csv were accepted")
    found = figures(page)
    assert found.pop("Received") == sum(found.values()) == 4
    assert (found["Accepted"], found["Refused"]) == (3, 1)


def _judge(page: Page, portal: Portal) -> None:
    """Open a run and wait on its page until it is done."""
    to(page, "Runs")
    page.get_by_label("First day").fill("2026-07-02")
    page.get_by_label("Last day").fill("2026-07-10")
    page.get_by_label("Rules").select_option(label="Standard, version 1")
    page.get_by_role("button", name="Open the run").click()
    expect(page.locator("h1")).to_contain_text("is under way")
    drain(portal.northwind.tenant_id)
    expect(page.locator("h1")).to_contain_text("verified")


def test_an_auditor_reads_the_ledger_and_takes_a_file_home(portal: Portal, sign_in: SignIn, tmp_path: Path) -> None:
    visit = sign_in("axel@northwind.example")
    page = visit.page
    expect(page.locator("h1")).to_have_text("Choose a ledger")
    page.get_by_role("link", name="Northwind").click()
    _from_a_figure_to_the_witness(visit)
    _what_the_verdicts_rest_on(visit)
    to(page, "Ledger")
    page.get_by_label("Act begins with").fill("run")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**action=run**")
    expect(page.locator("tbody tr").first).to_contain_text("run.")
    assert "batch." not in page.locator("tbody").inner_text()
    to(page, "Claims")
    page.get_by_role("combobox", name="Vendor").select_option("marigold")
    page.wait_for_url("**vendor=marigold**")
    page.reload()
    page.get_by_label("Export these lines as").select_option("csv")
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator(".note.success")).to_contain_text("The file is being made")
    drain(portal.northwind.tenant_id)
    page.reload()
    with page.expect_download() as download:
        page.locator("a", has_text="-lines.csv").first.click()
    download.value.save_as(tmp_path / "lines.csv")
    rows = (tmp_path / "lines.csv").read_text().splitlines()
    assert rows[0].startswith("vendor,claim_id")
    assert {row.split(",")[0].strip('"') for row in rows[1:]} == {"marigold"}
    assert visit.faults == []


def arrive(visit: Visit, heading: str) -> None:
    """Be on the page of this heading, with nothing in anybody's way."""
    expect(visit.page.locator("h1")).to_contain_text(heading)
    assert visit.barriers() == []


def _from_a_figure_to_the_witness(visit: Visit) -> None:
    """Overview, how a figure was computed, the lines behind it, one claim, the clause, the event that answered it."""
    page = visit.page
    to(page, "Overview")
    arrive(visit, "can be verified")
    assert page.evaluate(SHUT) == []
    page.locator("main details summary").first.click()
    expect(page.locator("main details[open]")).to_contain_text("rules")
    page.locator("table.fall a", has_text="Verified").click()
    arrive(visit, "Claims")
    page.locator("#table-main tbody a").first.click()
    arrive(visit, "Verified")
    page.get_by_role("link", name="The law behind it").click()
    arrive(visit, "The law of verdicts, with your numbers")
    page.go_back()
    page.get_by_role("table", name="Testimony").get_by_role("link").first.click()
    arrive(visit, "An event that answers a claim")
    expect(page.get_by_text("As received line")).to_be_visible()


def _what_the_verdicts_rest_on(visit: Visit) -> None:
    """Coverage, the vendor's own totals, the rules, and any id that a letter may quote."""
    page = visit.page
    to(page, "Coverage")
    arrive(visit, "When somebody was watching")
    to(page, "Counts")
    page.locator("#table-main tbody a").first.click()
    page.wait_for_url(re.compile(r"/counts/[0-9a-f-]{36}/$"))
    assert visit.barriers() == []
    to(page, "Rules")
    page.get_by_role("link", name="Completed state change", exact=True).click()
    arrive(visit, "Completed state change, version 1")
    page.keyboard.press("/")
    page.keyboard.type("marigold-1")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Found by")


def test_an_admin_sees_a_key_once_and_invites_somebody(portal: Portal, sign_in: SignIn) -> None:
    visit = sign_in("alice@northwind.example")
    page = visit.page
    to(page, "Keys")
    page.get_by_label("Name").fill("nightly upload")
    page.get_by_label("Send data").check()
    page.get_by_role("button", name="Make the key").click()
    text = page.locator(".sheet").inner_text()
    key = re.search(r"awu_[0-9a-f]{32}_[\w-]{43}", text)
    assert key, text
    visit.look("walk-key-made")
    page.get_by_role("link", name="Back to the keys").click()
    expect(page.locator("tbody")).to_contain_text("nightly upload")
    assert key[0] not in page.content()
    to(page, "Members")
    page.get_by_label("E-mail").fill("new@northwind.example")
    page.get_by_label("Name").last.fill("Nora")
    page.get_by_role("button", name="Add the member").click()
    expect(page.locator("h1")).to_have_text("Nora is a member now")
    visit.look("walk-member-added")
    link = re.search(r"http://\S+/welcome/\S+/", page.locator(".sheet").inner_text())
    assert link
    guest = portal.visit()
    guest.page.goto(link[0])
    guest.page.get_by_label("Password").fill("a ledger of one's own")
    guest.look("walk-welcome")
    guest.page.get_by_role("button").last.click()
    expect(guest.page.locator(".wide .who")).to_contain_text("Nora")
    assert visit.faults + guest.faults == []


def test_two_admins_agree_on_a_new_version_of_the_rules(portal: Portal, sign_in: SignIn) -> None:
    alice, anton = sign_in("alice@northwind.example"), sign_in("anton@northwind.example")
    page = alice.page
    to(page, "Rules")
    page.get_by_role("link", name="Completed state change", exact=True).click()
    page.get_by_role("link", name="Draft the next version").click()
    page.get_by_label("Why this version").first.fill("Bursts are shorter.")
    page.get_by_label("Claims are one burst while the next comes within").fill("2 minutes")
    page.get_by_role("button", name="Read it back").first.click()
    expect(page.locator("main")).to_contain_text("burst window: 5 minutes → 2 minutes")
    page.get_by_role("button", name="Save the draft").first.click()
    expect(page.locator("h1")).to_have_text("Completed state change, version 2 is a draft")
    assert alice.barriers() == []
    alice.look("walk-rules-draft")
    _try_it(alice, portal)
    page.get_by_role("button", name="Hand it in for approval").click()
    expect(page.locator("main")).to_contain_text("nobody approves their own rules")
    anton.page.goto(page.url)
    anton.page.get_by_role("button", name="Approve").click()
    expect(anton.page.locator("h1")).to_have_text("Completed state change, version 2 is approved")
    assert alice.faults + anton.faults == []


def _try_it(visit: Visit, portal: Portal) -> None:
    """What the draft would change in a finished run, seen before anybody is asked to approve it."""
    page = visit.page
    page.get_by_role("link", name="Try it on a finished run").first.click()
    page.get_by_role("button", name="Try Completed state change, version 2").click()
    expect(page.get_by_text("You may leave this page")).to_be_visible()
    drain(portal.northwind.tenant_id)
    expect(page.locator("h1")).to_have_text(re.compile("would be judged otherwise|Nothing would change"))
    expect(page.locator("main")).to_contain_text("Which rules differ")
    assert visit.barriers() == []
    page.get_by_role("link", name="The rules").click()


def test_an_admin_sets_up_what_is_sent_what_it_costs_and_what_is_watched(portal: Portal, sign_in: SignIn) -> None:
    visit = sign_in("alice@northwind.example")
    page = visit.page
    to(page, "Vendors")
    page.get_by_label("Name").fill("Walked Ltd")
    page.get_by_role("button", name="Enter the vendor").click()
    arrive(visit, "Walked Ltd")
    page.get_by_role("link", name="Add a source of its claims").click()
    page.get_by_label("Name", exact=True).fill("walked feed")
    page.get_by_label("Something is expected").fill("24")
    page.get_by_role("button", name="Add the source").click()
    arrive(visit, "walked feed")
    to(page, "Rate cards")
    page.get_by_label("Vendor").select_option(label="Walked Ltd")
    page.get_by_role("spinbutton", name="Price").or_(page.get_by_role("textbox", name="Price")).first.fill("0.25")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("From").fill("2026-07-01")
    page.get_by_role("button", name="Enter the price").click()
    expect(page.get_by_role("row", name="Walked Ltd")).to_contain_text("0.25")
    page.locator(".wide nav").get_by_role("link", name="Alerts").click()
    page.get_by_role("link", name="Rules", exact=True).last.click()
    page.get_by_role("link", name="Make a rule").click()
    page.get_by_role("link", name="a source falls silent").click()
    page.get_by_role("combobox").first.select_option(label="walked feed")
    page.get_by_role("button", name="Make the rule").click()
    arrive(visit, "What is watched for")
    expect(page.locator("tbody")).to_contain_text("walked feed")
    to(page, "Jobs")
    page.get_by_role("button", name="again").first.click()
    drain(portal.northwind.tenant_id)
    to(page, "Sources")
    arrive(visit, "Sources")
    assert visit.faults == []
