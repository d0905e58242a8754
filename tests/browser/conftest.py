"""A portal that a real browser visits: Debian's Chromium, a server in a thread, a database with both tenants in it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

from tenants.models import User
from tests import database
from tests.stock import Stock
from tests.world import signed_in

WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
PATIENCE = 10_000  # milliseconds
NO_CHROMIUM = "no Chromium on this machine: what only a browser shows is not tested"
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.xdist_group("judged"),
    pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM),
]


@dataclass
class Visit:
    """One person's window and everything in it that went wrong."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob") and f"{where.scheme}://{where.netloc}" != self.origin:
            self.faults.append(f"another origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> int:
        """Go to an address; the status."""
        response = self.page.goto(f"{self.origin}{path}")
        return response.status if response else 0

    def heading(self) -> str:
        """What the page says it is."""
        return self.page.locator("h1").inner_text()

    def barriers(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA on the page as it stands."""
        found = Axe().run(self.page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
        return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]

    def look(self, name: str) -> None:
        """Leave a picture, where AWU_LOOK names a folder for them."""
        if folder := os.environ.get("AWU_LOOK"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@dataclass(frozen=True)
class Portal:
    """A running portal, and what is in it."""

    origin: str
    browser: Browser
    northwind: Stock
    contoso: Stock

    def visit(self, email: str = "", **options: Any) -> Visit:
        """A fresh window, of somebody signed in or of nobody."""
        given: dict[str, Any] = {"viewport": WIDE} | options
        context = self.browser.new_context(**given)
        if email:
            self._sign_in(context, email)
        return Visit(context.new_page(), self.origin)

    def _sign_in(self, context: BrowserContext, email: str) -> None:
        session = signed_in(User.objects.get(email=email)).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.origin}])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, headless."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop running in this thread
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def portal(chromium: Browser, stocked_database: tuple[str, Stock, Stock], django_db_blocker: Any) -> Iterator[Portal]:
    """The portal over a copy of the stocked database, which may be written to."""
    stocked, northwind, contoso = stocked_database
    name = f"{database.NAME}_browsed"
    with django_db_blocker.unblock():
        database.use(database.copy_database(stocked, name))
        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
        server.set_app(WSGIHandler())
        server.daemon_threads = False  # so that closing waits for them
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield Portal(f"http://127.0.0.1:{server.server_port}", chromium, northwind, contoso)
        for context in chromium.contexts:
            context.close()
        server.shutdown()
        thread.join()
        server.server_close()
        connections.close_all()
        database.use(database.NAME)
        database.drop_database(name)
