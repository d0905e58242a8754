"""Every page that an admin can reach, in a real browser: nothing goes wrong, sticks out or bars anybody."""

from __future__ import annotations

import os
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from audit.models import Finding, Run
from audit.queries import lines
from tenants.scope import scope
from tests.browser.conftest import IN_A_BROWSER, NARROW, WIDE, Portal, Visit
from tests.matrix import ADMIN, PAGES, ROLES, Row, filled

pytestmark = IN_A_BROWSER
FILES = ("batch-raw", "batch-refused", "counts-file", "export-file", "unclaimed-csv")
READ = [row for row in PAGES if row.method == "GET" and ADMIN in ROLES[row.right] and row.name not in FILES]
KINDS = ["claims", "evidence"]
REASONS = ["repeat", "undone", "tainted", "superseded", "no_target", "witnesses_disagree", "supported"]
STICKS_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
  return [document.documentElement.scrollWidth, ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
}"""


@pytest.fixture(scope="module")
def alice(portal: Portal) -> Visit:
    """Northwind's admin at her desk."""
    return portal.visit("alice@northwind.example")


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(alice: Visit) -> None:
    alice.faults.clear()


def see(visit: Visit, path: str, name: str, status: int = 200) -> None:
    """Open a page and look at it wide and narrow, light and dark; all four where the pictures are kept."""
    assert visit.open(path) == status
    for size, width, usual in ((WIDE, "wide", "light"), (NARROW, "narrow", "dark")):
        visit.page.set_viewport_size(size)
        for scheme in ("light", "dark") if os.environ.get("AWU_LOOK") else (usual,):
            visit.page.emulate_media(color_scheme=scheme)
            visit.look(f"{name}-{width}-{scheme}")
        assert visit.page.evaluate(STICKS_OUT) == [], f"{name} is wider than {size['width']}"
        assert visit.barriers() == []
    assert_named(visit.page)
    if status == 200:
        assert visit.faults == []


def assert_named(page: Page) -> None:
    """One heading of the first rank, a title, and no field without a name."""
    assert page.locator("h1").count() == 1
    assert page.title()
    nameless = page.locator("input:visible, select:visible, textarea:visible").evaluate_all(
        "fields => fields.filter((f) => !f.labels?.length && !f.ariaLabel && !f.hasAttribute('aria-labelledby'))"
        ".map((f) => f.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("row", READ, ids=str)
def test_a_page_looks_right(row: Row, alice: Visit, portal: Portal) -> None:
    own = portal.northwind.values
    path = row.route.url(tenant="northwind", **{name: own[thing] for name, thing in row.objects.items()})
    if row.query:
        path += f"?{urlencode(filled(row.query, own))}"
    see(alice, path, str(row).replace(" ", "-"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_a_new_source_looks_right(kind: str, alice: Visit) -> None:
    see(alice, f"/t/northwind/sources/add/?kind={kind}", f"source-add-{kind}")


@pytest.mark.parametrize("reason", REASONS)
def test_a_claim_of_any_kind_looks_right(reason: str, alice: Visit, portal: Portal) -> None:
    with scope(portal.northwind.tenant_id):
        run = Run.objects.filter(state=Run.State.DONE).order_by("number")[0]
        line = lines.of(run, {"reason": reason}).read(0, 1)[0]
    see(alice, f"/t/northwind/claims/{line['vendor']}/{line['claim_id']}/?run={run.id}", f"claim-{reason}")


def test_a_big_discrepancy_and_a_long_list_look_right(alice: Visit, portal: Portal) -> None:
    with scope(portal.northwind.tenant_id):
        found = Finding.objects.order_by("-claims")[0]
    see(alice, f"/t/northwind/discrepancies/{found.discrepancy_id}/?run={found.run_id}", "discrepancy-big")
    see(alice, f"/t/northwind/claims/?run={found.run_id}&sort=-occurred_at", "lines-long")
    see(alice, f"/t/northwind/claims/?run={found.run_id}&q=no+such+thing", "lines-none")
    see(alice, f"/t/northwind/overview/?run={found.run_id}", "overview-quarter")


def test_what_is_not_there_and_what_may_not_be_look_right(alice: Visit, portal: Portal) -> None:
    see(alice, "/t/northwind/nothing/", "404", 404)
    see(alice, "/t/contoso/overview/", "404-tenant", 404)
    see(portal.visit("vera@northwind.example"), "/t/northwind/members/", "403", 403)
    see(portal.visit("gus@forcedesk.example"), "/t/northwind/", "start-guest", 403)
    see(portal.visit("axel@northwind.example"), "/", "home")
    see(portal.visit("vera@northwind.example"), "/t/northwind/overview/", "overview-viewer")


def test_signing_in_and_the_api_look_right(portal: Portal) -> None:
    visit = portal.visit()
    see(visit, "/sign-in/", "sign-in")
    assert visit.open("/api/v1/docs/") == 200
    visit.page.locator(".opblock").first.wait_for()
    visit.look("api-docs")
    assert visit.faults == []


def test_a_form_with_faults_says_where_they_are(alice: Visit, portal: Portal) -> None:
    page, word = alice.page, portal.northwind.word
    page.set_viewport_size(WIDE)
    alice.open("/t/northwind/vendors/")
    page.get_by_label("Name").fill(word)
    page.get_by_role("button", name="Enter the vendor").click()
    page.get_by_text(f"There is a vendor “{word}” already.", exact=True).wait_for()
    alice.look("vendors-422")


def test_the_pages_read_without_scripts(portal: Portal) -> None:
    visit = portal.visit("bob@northwind.example", java_script_enabled=False)
    page = visit.page
    visit.open("/t/northwind/overview/")
    for place in page.locator(".wide nav a").evaluate_all("links => links.map((a) => a.pathname)"):
        assert visit.open(place) == 200
        assert page.locator("h1").is_visible()
    visit.open("/t/northwind/claims/")
    page.get_by_label("Reason").select_option("repeat")
    page.get_by_role("button", name="Filter").click()
    assert "reason=repeat" in page.url
    page.locator("#table-main tbody a").first.click()
    assert re.search(r"/claims/.+/.+/", page.url)
    assert visit.faults == []
