"""`make demo`: migrates, loads the demonstration, starts web, worker and beat, and stops them with Ctrl-C."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from audit.management.commands.load_demo import PASSWORD, PEOPLE
from awu_portal import embedded, env
from awu_portal.supervise import Supervisor, answers

BIN = Path(sys.executable).parent


class Command(BaseCommand):
    """The portal with its sample, on this machine alone."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`--reset` starts over."""
        parser.add_argument("--reset", action="store_true", help="throw the demonstration away and start over")
        parser.add_argument("--claims", type=int, default=60_000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, start, print, wait."""
        logging.getLogger().setLevel(logging.WARNING)
        if options["reset"]:
            _reset()
        port = env.number("PORT", 8000, minimum=1)
        self.stdout.write("preparing the database …")
        call_command("migrate", verbosity=0)
        call_command("load_demo", claims=options["claims"])
        call_command("collectstatic", interactive=False, verbosity=0)
        connections.close_all()
        raise SystemExit(self._serve(port))

    def _serve(self, port: int) -> int:
        supervisor = Supervisor(settings.VAR / "logs")
        given = environment(port)
        for name, command in processes(port).items():
            supervisor.start(name, command, given)
        if not answers(f"http://127.0.0.1:{port}/health/live", 30):
            supervisor.stop()
            self.stderr.write(f"The web did not start: see {supervisor.logs / 'web.log'}. Is port {port} taken?")
            return 1
        self.stdout.write(_greeting(port))
        self.stdout.flush()
        return supervisor.wait()


def _reset() -> None:
    """Empty the database and everything local but the server itself."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("drop schema public cascade")
        cursor.execute("create schema public")
    owner.close()
    for name in ("vault", "bench", "queue", "logs"):
        shutil.rmtree(settings.VAR / name, ignore_errors=True)
    for folder in ("messages", "control"):
        (settings.VAR / "queue" / folder).mkdir(parents=True, exist_ok=True)


def environment(port: int) -> dict[str, str]:
    """What the processes need: the runtime role's address, never the owner's; and where links in messages lead."""
    runtime = os.environ.get("DATABASE_URL") or embedded.start(settings.VAR).runtime
    reached = os.environ.get("PORTAL_URL", f"http://127.0.0.1:{port}")
    return {"DATABASE_URL": runtime, "DATABASE_OWNER_URL": "", "PORTAL_URL": reached, "PYTHONUNBUFFERED": "1"}


def processes(port: int) -> dict[str, list[str]]:
    """The commands that make up the portal, by name."""
    celery = [str(BIN / "celery"), "-A", "awu_portal"]
    return {
        "web": [
            str(BIN / "gunicorn"),
            "awu_portal.wsgi",
            f"--bind=127.0.0.1:{port}",
            "--workers=2",
            "--threads=8",
            "--timeout=120",
            "--no-control-socket",
        ],
        "worker": [*celery, "worker", "--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
    }


def _greeting(port: int) -> str:
    rows = [
        f"  {email:28} {role.label:13} {tenant.capitalize()}"
        for tenant, people in PEOPLE.items()
        for email, (_, role) in people.items()
    ]
    people = "\n".join(rows)
    return (
        f"\n  awu_portal is at  http://127.0.0.1:{port}/\n\n"
        f"  sign in with the password  {PASSWORD}  as\n\n{people}\n\n"
        f"  logs are in {settings.VAR / 'logs'}; Ctrl-C stops everything\n"
    )
