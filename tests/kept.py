"""What a module's tests begin with: made once, kept in a database of its own, and put back after every test.

`begun, world, desk, run = kept(desk=opened, run=judged)` in a module makes four fixtures. Each step is given what the
one before it made, the first one the world. A test gets the database as the last step that it asks for left it, and
copies of what the steps returned; what it writes is rolled back. Files are not put back: not for tests that spoil them.
Not together with `db`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import database
from tests.world import people

Step = Callable[[Any], Any]


@dataclass
class Keep:
    """The databases of this process by the steps that filled them, each with what its steps returned."""

    made: dict[tuple[Step, ...], tuple[str, list[Any]]] = field(default_factory=dict)

    def after(self, *steps: Step) -> tuple[str, list[Any]]:
        """The name of the database in which these steps were done, and the world with what each step made."""
        if steps not in self.made:
            source, things = self.after(*steps[:-1]) if steps else (database.PRISTINE, [])
            name = f"{database.NAME}_kept_{len(self.made)}"
            database.use(database.copy_database(source, name))
            try:
                things = copy.deepcopy(things)
                things.append(steps[-1](things[-1]) if steps else people())
            finally:
                database.use(database.NAME)
            self.made[steps] = name, things
        return self.made[steps]


@pytest.fixture(scope="session")
def keep(django_db_setup: None, django_db_blocker: Any) -> Iterator[Keep]:
    """What was made for the modules so far."""
    found = Keep()
    yield found
    with django_db_blocker.unblock():
        for name, _ in found.made.values():
            database.drop_database(name)


def kept(**steps: Step) -> list[Any]:
    """What the fixtures share, the fixture `world` of a module, and one for each step."""

    @pytest.fixture
    def begun(request: pytest.FixtureRequest, keep: Keep, django_db_blocker: Any) -> Iterator[list[Any]]:
        asked = [place for place, name in enumerate(steps, 1) if name in request.fixturenames]
        with django_db_blocker.unblock():
            name, things = keep.after(*list(steps.values())[: max(asked, default=0)])
            with database.undone(name):
                yield copy.deepcopy(things)

    def at(place: int) -> Any:
        return pytest.fixture(lambda begun: begun[place])

    return [begun, *(at(place) for place in range(len(steps) + 1))]
