"""Lists: paged by cursors that hold still, ordered, filtered, and strict about what they are asked."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.audit.api.conftest import CLAIMS, Shop, problem


@pytest.fixture
def crowded(shop: Shop) -> Shop:
    """Twelve more vendors, many of one name."""
    for number in range(12):
        shop.post("vendors/", {"key": f"v{number:02}", "name": "Same" if number % 3 else f"Other {number:02}"})
    return shop


def walk(shop: Shop, path: str, link: str = "next", **parameters: object) -> list[list[str]]:
    """The ids of every page, following a link."""
    page = shop.get(path, **parameters).json()
    pages = [[row["id"] for row in page["results"]]]
    while page[link]:
        page = shop.client.get(page[link]).json()
        pages.append([row["id"] for row in page["results"]])
    return pages


@pytest.mark.parametrize("ordering", ["name", "-name", "key", "-created_at", "name,-key", "id"])
def test_pages_add_up_to_the_list_in_its_order(crowded: Shop, ordering: str) -> None:
    whole = [row["id"] for row in crowded.get("vendors/", ordering=ordering).json()["results"]]
    pages = walk(crowded, "vendors/", ordering=ordering, limit=4)
    assert [len(page) for page in pages] == [4, 4, 4, 1]
    assert list(chain(*pages)) == whole


def test_the_way_back_leads_over_the_same_pages(crowded: Shop) -> None:
    forward = walk(crowded, "vendors/", limit=5)
    page = crowded.get("vendors/", limit=5).json()
    assert page["previous"] is None
    while page["next"]:
        page = crowded.client.get(page["next"]).json()
    back = [[row["id"] for row in page["results"]]]
    while page["previous"]:
        page = crowded.client.get(page["previous"]).json()
        back.append([row["id"] for row in page["results"]])
    assert back == forward[::-1]


def test_what_comes_or_goes_meanwhile_moves_no_page(crowded: Shop) -> None:
    pages = walk(crowded, "vendors/", ordering="name", limit=4)
    first = crowded.get("vendors/", ordering="name", limit=4).json()
    crowded.post("vendors/", {"key": "zero", "name": "Aaa comes before all"})
    second = crowded.client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == pages[1]


def test_a_page_keeps_its_filters(crowded: Shop) -> None:
    assert [len(page) for page in walk(crowded, "vendors/", name="Same", limit=3)] == [3, 3, 2]
    assert [len(page) for page in walk(crowded, "vendors/", q="othe", limit=3)] == [3, 1]


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "WzAsWzFdXQ", "bnVsbA", "WzAsWyJhIiwiYiJdXQ", "ü", "W1tdLFtdXQ"])
def test_a_cursor_that_nobody_gave_is_refused(crowded: Shop, cursor: str) -> None:
    for path in ("vendors/", "batches/"):
        problem(crowded.get(path, cursor=cursor), 400, "cursor")


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "1.5", "²", "9" * 5000])
def test_a_page_has_one_to_a_thousand_rows(shop: Shop, limit: str) -> None:
    problem(shop.get("vendors/", limit=limit), 400, "limit")


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("vendors/", "colour", "red"),
        ("vendors/", "ordering", "secret"),
        ("agents/", "vendor__name", "x"),
        ("batches/", "state", "lost"),
        ("batches/", "source", "x"),
        ("runs/", "trial", "maybe"),
        ("runs/", "period_start", "yesterday"),
        ("scores/", "day", "x"),
        ("rule-sets/", "version", "two"),
        ("coverage/", "state", "x"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_name_and_never_ignored(
    shop: Shop, path: str, name: str, value: str
) -> None:
    problem(shop.get(path, **{name: value}), 400, name)


def test_lines_are_paged_both_ways_and_in_any_order(shop: Shop) -> None:
    rows = "".join(f"x{n:03},a1,record_update,crm/Case/{n},2026-03-05T09:00:00Z,{n % 7},EUR\n" for n in range(60))
    shop.send(shop.claims, CLAIMS + rows)
    run = shop.run()
    path = f"runs/{run['id']}/verdicts/"

    def ids(page: dict[str, list[dict[str, str]]]) -> list[str]:
        return [line["claim_id"] for line in page["results"]]

    whole = ids(shop.get(path).json())
    for ordering in ("", "-charge_micros,target"):
        whole = ids(shop.get(path, ordering=ordering).json())
        page = shop.get(path, limit=20, ordering=ordering).json()
        pages = [ids(page)]
        while page["next"]:
            page = shop.client.get(page["next"]).json()
            pages.append(ids(page))
        assert [len(found) for found in pages] == [20, 20, 20, 5]
        assert list(chain(*pages)) == whole
        back = [ids(page)]
        while page["previous"]:
            page = shop.client.get(page["previous"]).json()
            back.append(ids(page))
        assert back == pages[::-1]
    for wrong in ({"state": "lost"}, {"reason": "x"}, {"colour": "red"}, {"from": "yesterday"}, {"provisional": "x"}):
        problem(shop.get(path, **wrong), 400, next(iter(wrong)))
    problem(shop.get(path, format="pdf"), 400, "format")
    problem(shop.get(path, ordering="secret"), 400, "ordering")
    problem(shop.get(path, ordering="target", format="csv"), 400, "ordering")
    problem(shop.get(path, cursor="W10"), 400, "cursor")
