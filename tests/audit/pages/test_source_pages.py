"""Sources and the way of a file from the drop zone to its batch."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import Batch, Job, Source, Vendor
from audit.queries.batches import UNMAPPED
from tests.audit.pages.walk import FOREIGN, at, file, get, post, said
from tests.desk import CLAIMS, Desk, claim, drain, open_desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def upload(client: Client, source: Source, text: str, name: str = "march.csv") -> str:
    """What the page says to which an upload leads."""
    return post(client, at("source-upload", source_id=source.id), file=file(text, name))


def test_the_first_source_of_claims_brings_its_vendor_with_it(as_alice: Client, world: World) -> None:
    form = {"new_vendor": "Forcedesk", "name": "Forcedesk monthly", "environment": "production", "refused_limit": "2.5"}
    assert "Upload its first file." in post(as_alice, at("source-add") + "?kind=claims", **form)
    desk = open_desk(world.northwind.id)
    source = desk.ask(lambda: Source.objects.select_related("vendor").get(name="Forcedesk monthly"))
    assert (source.vendor.key, source.refused_limit_bps) == ("Forcedesk", 250)


def test_a_refused_source_leaves_no_vendor_behind(as_alice: Client, desk: Desk) -> None:
    form = {"new_vendor": "Forcedesk", "name": "Acme claims", "refused_limit": "10"}
    response = as_alice.post(at("source-add") + "?kind=claims", form)
    assert response.status_code == 422
    assert "There is a source “Acme claims” already." in said(response)
    assert desk.ask(Vendor.objects.count) == 1


def test_a_system_has_one_grade(as_alice: Client, desk: Desk) -> None:
    form = {"name": "CRM again", "system": "crm", "grade": "B", "refused_limit": "10"}
    response = as_alice.post(at("source-add") + "?kind=evidence", form)
    assert response.status_code == 422
    assert "“crm” is a witness of grade A already" in said(response)


def test_what_may_change_of_a_source_is_changed(as_alice: Client, desk: Desk) -> None:
    form = {"name": "Acme feed", "environment": "sandbox", "time_zone": "Europe/Berlin", "refused_limit": "0"}
    post(as_alice, at("source-edit", source_id=desk.claims.id), **form)
    source = desk.see(desk.claims)
    assert (source.name, source.environment, source.time_zone) == ("Acme feed", "sandbox", "Europe/Berlin")
    assert source.refused_limit_bps == 0


def test_a_file_with_our_names_is_received_at_once(as_bob: Client, desk: Desk) -> None:
    assert "march.csv is being read" in upload(as_bob, desk.claims, CLAIMS + claim(1))
    drain(desk.tenant_id)
    batch = desk.ask(Batch.objects.get)
    assert "The only row of march.csv was accepted" in get(as_bob, at("batch", batch_id=batch.id))


def test_the_same_bytes_again_lead_to_the_batch_of_before(as_bob: Client, desk: Desk) -> None:
    upload(as_bob, desk.claims, CLAIMS + claim(1))
    assert "These bytes arrived before" in upload(as_bob, desk.claims, CLAIMS + claim(1), "again.csv")
    assert desk.ask(Batch.objects.count) == 1


def test_a_file_with_other_names_is_kept_and_leads_to_the_mapping(as_bob: Client, desk: Desk) -> None:
    text = upload(as_bob, desk.claims, FOREIGN, "export.csv")
    assert "export.csv is kept. Its columns are not known yet" in text
    batch = desk.ask(Batch.objects.get)
    assert (batch.state, batch.error) == ("refused", UNMAPPED)
    assert desk.ask(Job.objects.count) == 0
    assert "waits for its mapping" in get(as_bob, at("source", source_id=desk.claims.id))


def test_a_file_that_cannot_be_read_is_kept_and_refused_with_the_reason(as_bob: Client, desk: Desk) -> None:
    response = as_bob.post(at("source-upload", source_id=desk.claims.id), {"file": file("", "nothing.csv")})
    assert response.status_code == 422
    assert "The submitted file is empty." in said(response)
    upload(as_bob, desk.claims, "PAR1 but no more", "half.parquet")
    drain(desk.tenant_id)
    assert "half.parquet was refused" in get(as_bob, at("batch", batch_id=desk.ask(Batch.objects.get).id))


def test_a_file_that_is_too_large_is_refused_and_not_kept(as_bob: Client, desk: Desk, settings: Any) -> None:
    settings.UPLOAD_BYTES_MAX = 20
    response = as_bob.post(at("source-upload", source_id=desk.claims.id), {"file": file(CLAIMS + claim(1))})
    assert response.status_code == 422
    assert "larger than 20 bytes" in said(response)
    assert desk.ask(Batch.objects.count) == 0


@pytest.mark.parametrize("who", ["as_vera", "as_axel"])
def test_who_may_not_upload_sees_no_drop_zone(who: str, desk: Desk, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    assert "Drop a file here" not in get(client, at("source", source_id=desk.claims.id))
    response = client.post(at("source-upload", source_id=desk.claims.id), {"file": file(CLAIMS)})
    assert response.status_code == 403


def test_an_analyst_does_not_manage_sources(as_bob: Client, desk: Desk) -> None:
    assert "Add a source" not in get(as_bob, at("sources"))
    assert as_bob.get(at("source-add")).status_code == 403
    assert as_bob.post(at("source-edit", source_id=desk.claims.id), {"name": "Mine"}).status_code == 403


def test_an_outsider_reaches_no_source_of_ours(as_charlie: Client, desk: Desk) -> None:
    for tenant in ("northwind", "contoso"):
        assert as_charlie.get(at("source", tenant, source_id=desk.claims.id)).status_code == 404
        address = at("source-upload", tenant, source_id=desk.claims.id)
        assert as_charlie.post(address, {"file": file(CLAIMS + claim(1))}).status_code == 404
    assert desk.ask(Batch.objects.count) == 0
