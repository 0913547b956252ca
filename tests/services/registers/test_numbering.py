from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from app.db import Database
from app.services.numbering import next_number
from tests.services.registers.registers import Registers, utc


def test_numbers_count_up_for_each_prefix_and_year(registers_anywhere: Registers) -> None:
    session = registers_anywhere.session
    spring, winter = utc(2026, 3, 1), utc(2027, 3, 1)
    given = [
        next_number(session, prefix, at)
        for prefix, at in (("GS", spring), ("GS", spring), ("YY", spring), ("GS", winter), ("GS", spring))
    ]
    assert given == ["GS-2026-0001", "GS-2026-0002", "YY-2026-0001", "GS-2027-0001", "GS-2026-0003"]


def test_the_year_is_that_of_the_office(registers: Registers) -> None:
    assert next_number(registers.session, "GS", utc(2026, 12, 31, 15, 59, 59)) == "GS-2026-0001"
    assert next_number(registers.session, "GS", utc(2026, 12, 31, 16, 0)) == "GS-2027-0001"


def test_numbers_beyond_four_digits_go_on(registers: Registers) -> None:
    from app.models.runtime import Sequence

    registers.session.add(Sequence(prefix="WS", year=2026, last=9999))
    registers.session.flush()
    assert next_number(registers.session, "WS", registers.now) == "WS-2026-10000"


def test_a_rolled_back_number_is_given_again(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as session:
        assert next_number(session, "GS", utc(2026, 1, 5)) == "GS-2026-0001"
    try:
        with database.writing() as session:
            assert next_number(session, "GS", utc(2026, 1, 5)) == "GS-2026-0002"
            raise KeyError
    except KeyError:
        pass
    with database.writing() as session:
        assert next_number(session, "GS", utc(2026, 1, 5)) == "GS-2026-0002"
    database.dispose()


def test_concurrent_writers_get_different_numbers_without_gaps(database_url: str) -> None:
    database = Database(database_url)

    def take(_: int) -> str:
        with database.writing() as session:
            return next_number(session, "HZ", utc(2026, 1, 5))

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(take, range(40)))
    database.dispose()
    assert sorted(numbers) == [f"HZ-2026-{n:04d}" for n in range(1, 41)]


def test_prefixes_taken_in_opposite_order_do_not_block_each_other(database_url: str) -> None:
    database = Database(database_url)

    def take(prefixes: tuple[str, str]) -> list[str]:
        given = []
        for _ in range(10):
            with database.writing() as session:
                for prefix in prefixes:
                    given.append(next_number(session, prefix, utc(2026, 1, 5)))
                    sleep(0.002)
        return given

    with ThreadPoolExecutor(2) as pool:
        numbers = [number for given in pool.map(take, [("AA", "BB"), ("BB", "AA")]) for number in given]
    database.dispose()
    assert sorted(numbers) == [f"{prefix}-2026-{n:04d}" for prefix in ("AA", "BB") for n in range(1, 21)]
