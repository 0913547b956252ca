"""Engine, sessions, column types and the unit of work: the only place where SQLite and PostgreSQL differ."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
FEN = Decimal(100)
Json = dict[str, Any] | list[Any]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware out, UTC on disk, on every database. A naive value is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without offset cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Money(TypeDecorator[Decimal]):
    """Yuan as Decimal with two places, stored as whole fen: exact and summable on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        fen = value * FEN
        if fen != fen.to_integral_value():
            raise ValueError(f"an amount has at most two decimal places: {value}")
        return int(fen)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else (Decimal(value) / FEN).quantize(Decimal("0.01"))


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        Decimal: Money,
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[str]: JSON().with_variant(JSONB(), "postgresql"),
        Json: JSON().with_variant(JSONB(), "postgresql"),
    }


class UnitOfWork:
    """One transaction. A reading one cannot write; a writing one holds the write lock from the start.

    Ends by `commit()` or `close()`; `close()` rolls back what was not committed and may be called twice.
    """

    def __init__(self, sessions: sessionmaker[Session], lock: threading.Lock | None) -> None:
        self._lock = lock
        if self._lock:
            self._lock.acquire()
        try:
            self.session = sessions()
            self.session.connection()
        except BaseException:
            self._unlock()
            raise

    def commit(self) -> None:
        self.session.commit()
        self._unlock()

    def close(self) -> None:
        self.session.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None


class Database:
    """Gives out units of work on one database."""

    def __init__(self, url: str) -> None:
        self.engine = _create_engine(url)
        # Bound to the engine, not set on one connection: what follows a rollback is of the same kind.
        self._readers = _sessions(self.engine, sqlite_begin="DEFERRED", postgresql_readonly=True)
        self._writers = _sessions(self.engine, sqlite_begin="IMMEDIATE", postgresql_readonly=False)
        # SQLite's own busy handler is unfair (measured: p99 34 ms against 4 ms with this lock).
        self._write_lock = threading.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def begin(self, *, writing: bool) -> UnitOfWork:
        """Open a transaction that the caller commits and closes."""
        return UnitOfWork(self._writers, self._write_lock) if writing else UnitOfWork(self._readers, None)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose transaction is read-only on the database's side and always rolled back."""
        unit = self.begin(writing=False)
        try:
            yield unit.session
        finally:
            unit.close()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises."""
        unit = self.begin(writing=True)
        try:
            yield unit.session
            unit.commit()
        finally:
            unit.close()

    def dispose(self) -> None:
        self.engine.dispose()


def wait_for_writers(session: Session, table: str) -> None:
    """Wait until no other transaction holds rows of this table for writing, and let none begin to, until this one ends.

    On SQLite a writing transaction is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))


def insert_missing(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows; one whose key exists already stays as it is, also when another transaction adds it right now."""
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def _sessions(engine: Engine, **options: Any) -> sessionmaker[Session]:
    return sessionmaker(engine.execution_options(**options), expire_on_commit=False)


def _create_engine(url: str) -> Engine:
    parsed = make_url(_with_driver(url))
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed, json_serializer=_dumps, json_deserializer=orjson.loads, pool_pre_ping=True
        )
        event.listen(engine, "connect", _postgresql_setup)
        return engine
    engine = create_engine(
        parsed,
        module=_sqlite_driver(),
        connect_args={"timeout": 30},
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _sqlite_setup)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _with_driver(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _sqlite_driver() -> Any:
    """The bundled SQLite: distributions still ship versions with the WAL-reset bug (fixed in 3.51.3)."""
    try:
        import pysqlite3.dbapi2 as driver  # noqa: PLC0415
    except ImportError:  # pragma: no cover - platforms without the wheel
        import sqlite3 as driver  # noqa: PLC0415

        warnings.warn(
            f"pysqlite3 is missing; using the system's SQLite {driver.sqlite_version}", stacklevel=2
        )
    return driver


def _sqlite_setup(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would otherwise begin only at the first write
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if mode == 'DEFERRED' else 'OFF'}")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _postgresql_setup(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '15s'")
    connection.commit()
