"""`python -m tests.bench.http`: start a case, claim and complete its tasks over HTTP, one client, both databases.

Prints a JSON line for each act: milliseconds (median, 95th percentile), SQL statements and commits of one request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.bench.site import Site, hidden_fields, measure, open_sites, show

ROUNDS = 60
WARM_UP = 5
Act = Callable[[], TestResponse]


def post(client: FlaskClient, page: str, address: str, **data: str) -> Act:
    """A form that was loaded, ready to be sent."""
    fields = {**hidden_fields(client, page), **data}
    return lambda: client.post(address, data=fields)


def starts(client: FlaskClient) -> Iterator[Act]:
    for _ in range(ROUNDS):
        yield post(client, "/registers/", "/registers/start/leave")


def claims(site: Site, client: FlaskClient) -> Iterator[Act]:
    for _ in range(ROUNDS):
        page = _new_task(site)
        yield post(client, page, f"{page}/claim")


def completions(site: Site, client: FlaskClient) -> Iterator[Act]:
    """The step makes the next task, with a limit in working days and a message that may come."""
    for _ in range(ROUNDS):
        page = _new_task(site)
        post(client, page, f"{page}/claim")()
        yield post(client, page, page, f_reason="探亲", f_days="3", action="complete")


def endings(site: Site, client: FlaskClient) -> Iterator[Act]:
    """The step ends the case: its limit and its message go."""
    for _ in range(ROUNDS):
        number = site.world.start("leave", "wang", who="王")
        site.world.complete("wang", site.world.open_tasks(number)["t_ask"], reason="探亲", days="3")
        page = f"/tasks/{site.world.open_tasks(number)['t_check']}"
        post(client, page, f"{page}/claim")()
        yield post(client, page, page, f_agree="yes", action="complete")


def _new_task(site: Site) -> str:
    number = site.world.start("leave", "wang", who="王")
    return f"/tasks/{site.world.open_tasks(number)['t_ask']}"


def run(site: Site) -> None:
    """Measure one site."""
    wang, zhang = site.sign_in("wang"), site.sign_in("zhang")
    for _, act in zip(range(WARM_UP), completions(site, wang), strict=False):
        act()
    acts: dict[str, Iterator[Act]] = {
        "start": starts(wang),
        "claim": claims(site, wang),
        "complete": completions(site, wang),
        "complete and end": endings(site, zhang),
    }
    for name, requests in acts.items():
        show("http", database=site.kind, act=name, **asdict(measure(site, requests)))


def main() -> None:
    """Measure on each database."""
    with open_sites() as sites:
        for site in sites:
            run(site)


if __name__ == "__main__":
    main()
