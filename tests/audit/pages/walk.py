"""What the tests of the intake pages share: addresses, what a page says, files to upload."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

SLUG = "northwind"
FOREIGN = (
    "Task Ref;Bot;Kind;Case Number;Completed At\n"
    "T-1;desk-eu;Case Resolved;5001;02/03/2026 09:00\n"
    "T-2;desk-us;Case Resolved;5002;yesterday\n"
)
CHOSEN = {
    "column_claim_id": "Task Ref",
    "column_agent_id": "Bot",
    "column_action": "Kind",
    "values_action": "Case Resolved = case_resolution",
    "column_target": "Case Number",
    "prefix_target": "crm/Case/",
    "column_occurred_at": "Completed At",
    "date_pattern": "%d/%m/%Y %H:%M",
    "line": "unit",
    "time_zone": "Europe/Berlin",
    "constant_environment": "production",
}


def at(name: str, tenant: str = SLUG, **kwargs: Any) -> str:
    """The address of a page of Northwind, or of the tenant named."""
    return reverse(name, kwargs={"tenant": tenant, **kwargs})


def said(response: Any) -> str:
    """What a page says: its text without tags, one space between words."""
    text = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def get(client: Client, address: str) -> str:
    """What a page says that must open."""
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return said(response)


def post(client: Client, address: str, **data: Any) -> str:
    """What the page says to which a form leads that must be taken."""
    response = client.post(address, data, follow=True)
    assert response.redirect_chain, said(response)
    return said(response)


def statuses(clients: dict[str, Client], address: str, method: str = "get") -> dict[str, int]:
    """What each of several people is answered."""
    return {name: getattr(client, method)(address).status_code for name, client in clients.items()}


def file(text: str, name: str = "march.csv") -> SimpleUploadedFile:
    """A file in a form."""
    return SimpleUploadedFile(name, text.encode())
