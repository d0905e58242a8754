"""The claim screen: what a batch says against itself, the vendor's own total, and the lines behind each check."""

from __future__ import annotations

from datetime import date

from django.test import Client

from audit.models import Batch, LedgerEntry, Screen
from audit.operations import parties
from tests.audit.pages.walk import at, get, post, said
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, open_desk
from tests.kept import kept
from tests.world import World


def opened(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def screened(desk: Desk) -> Batch:
    """Three lines, of which two are the same work within a minute, after a smaller batch."""
    desk.take(desk.claims, CLAIMS + claim(90, day=1) + claim(91, day=1), "february.csv")
    loop = claim(1).replace("c1,", "c7,").replace("09:00:00Z", "09:00:30Z")
    return desk.take(desk.claims, CLAIMS + claim(1) + loop + claim(2, day=3), "march.csv")


begun, world, desk, batch = kept(desk=opened, batch=screened)


def page(batch: Batch, tenant: str = "northwind") -> str:
    """The address of the claim screen."""
    return at("batch-screen", tenant, batch_id=batch.id)


def test_a_sealed_file_is_looked_through_by_itself(as_vera: Client, batch: Batch) -> None:
    text = get(as_vera, page(batch))
    assert "1 of 12 checks ask for a look at march.csv" in text
    assert "None of this is a verdict, and no verdict changes by it" in text
    assert "Look Loops 1 burst of the same work on the same record; the largest has 2 lines." in text
    assert "Burst window 5 minutes" in text
    assert "Fine Duplicate claim ids" in text
    assert "Fine Growth 1 unit a day, after 2 a day in february.csv" in text
    assert "Cannot say The rate card" in text
    assert page(batch) in as_vera.get(at("batch", batch_id=batch.id)).content.decode()


def test_a_check_leads_to_its_very_lines(as_vera: Client, batch: Batch) -> None:
    address = at("batch-lines", batch_id=batch.id)
    assert f"{address}?finding=repeats" in as_vera.get(page(batch)).content.decode()
    text = get(as_vera, f"{address}?finding=repeats")
    assert "Loops: the lines of march.csv" in text
    assert "1–2 of 2" in text
    assert "2 c1 a1 record_update crm/Case/1" in text
    assert "3 c7 a1" in text
    assert "1–3 of 3" in get(as_vera, address)
    assert "1–1 of 1" in get(as_vera, f"{address}?q=Case/2")


def test_what_the_vendor_stated_is_kept_compared_and_entered_in_the_ledger(
    as_bob: Client, as_vera: Client, desk: Desk, batch: Batch
) -> None:
    assert "Cannot say The stated total Nobody has said yet" in get(as_vera, page(batch))
    keep = at("batch-screen-total", batch_id=batch.id)
    text = post(as_bob, keep, units="4", charge="4.50", currency="eur")
    assert "Look The stated total The lines come to 3 units, less than the 4 stated; €4.50, as stated." in text
    assert "entered by Bob" in get(as_vera, page(batch))
    entry = desk.ask(lambda: LedgerEntry.objects.get(action="batch.total_stated"))
    assert entry.detail == {"units": 4, "charge_micros": 4_500_000, "currency": "EUR"}
    text = post(as_bob, keep, units="3")
    assert "Fine The stated total The lines come to 3 units, as stated." in text


def test_a_faulty_total_is_kept_as_it_was_typed(as_bob: Client, batch: Batch) -> None:
    response = as_bob.post(at("batch-screen-total", batch_id=batch.id), {"charge": "12.5", "units": "-3"})
    assert response.status_code == 422
    assert 'value="12.5"' in response.content.decode()
    response = as_bob.post(at("batch-screen-total", batch_id=batch.id), {"charge": "12.5"})
    assert "Currency : Say in which currency the charge is." in said(response)


def test_other_days_are_looked_for_at_once(as_bob: Client, desk: Desk, batch: Batch) -> None:
    keep = at("batch-screen-total", batch_id=batch.id)
    text = post(as_bob, keep, first_on="2026-03-03", last_on="2026-03-31")
    assert "march.csv is being looked through" in text
    drain(desk.tenant_id)
    assert "2 lines lie outside the stated days." in get(as_bob, page(batch))
    assert "1–2 of 2" in get(as_bob, f"{at('batch-lines', batch_id=batch.id)}?finding=period")


def test_a_new_price_makes_the_screen_an_old_one_that_may_be_made_again(
    as_bob: Client, as_vera: Client, desk: Desk, batch: Batch
) -> None:
    desk.ask(lambda: parties.add_rate_card(desk.vendor, "", 1_000_000, "EUR", date(2026, 3, 1), BY))
    assert "Rules, prices or checks have changed since" in get(as_vera, page(batch))
    assert "Look through its lines again" not in get(as_vera, page(batch))
    post(as_bob, at("batch-screen-ask", batch_id=batch.id))
    drain(desk.tenant_id)
    text = get(as_vera, page(batch))
    assert "Look The rate card 3 lines charge more than agreed, 0 lines less." in text
    assert "at stake 3 units €1.50" in text
    assert "changed since" not in text


def test_growth_is_measured_against_the_batch_that_is_chosen(as_vera: Client, desk: Desk, batch: Batch) -> None:
    later = desk.take(desk.claims, CLAIMS + "".join(claim(200 + n, day=9) for n in range(9)), "april.csv")
    assert "Look Growth 9 units a day, after 1 a day in march.csv" in get(as_vera, page(later))
    first = desk.ask(lambda: Batch.objects.get(file_name="february.csv"))
    assert "after 2 a day in february.csv" in get(as_vera, f"{page(later)}?against={first.id}")
    assert as_vera.get(f"{page(later)}?against={later.id}").status_code == 404


def test_verdicts_do_not_change_by_it(desk: Desk, batch: Batch) -> None:
    before = desk.run()
    desk.ask(lambda: Screen.objects.all().delete())
    assert desk.run().row_root == before.row_root


def test_evidence_is_not_screened(as_vera: Client, desk: Desk) -> None:
    evidence = desk.take(desk.evidence, EVIDENCE + event(1))
    for name in ("batch-screen", "batch-lines"):
        assert as_vera.get(at(name, batch_id=evidence.id)).status_code == 404
    assert not desk.ask(Screen.objects.exists)


def test_a_screen_that_was_given_up_says_why_and_can_be_asked_for(as_bob: Client, desk: Desk, batch: Batch) -> None:
    desk.ask(lambda: Screen.objects.filter(batch=batch).update(state="failed", error="The disk was full."))
    assert "The disk was full." in get(as_bob, page(batch))
    assert "is being looked through" in post(as_bob, at("batch-screen-ask", batch_id=batch.id))
    drain(desk.tenant_id)
    assert "checks ask for a look" in get(as_bob, page(batch))


def test_an_outsider_sees_no_screen_of_ours(as_charlie: Client, batch: Batch) -> None:
    for tenant in ("northwind", "contoso"):
        for name in ("batch-screen", "batch-lines"):
            assert as_charlie.get(at(name, tenant, batch_id=batch.id)).status_code == 404
