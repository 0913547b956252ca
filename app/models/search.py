"""What cases are found by: one row for each case, written in the transaction that changes the case.

Terms are pairs of neighbouring characters, made by app.services.search: no database parses Chinese by itself.
PostgreSQL looks them up in a GIN index over the JSON list; SQLite in an FTS5 table that triggers keep.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    ColumnElement,
    ForeignKey,
    Integer,
    Text,
    column,
    event,
    literal,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class SearchEntry(Base):
    """The words of one case as they are compared, and their terms."""

    __tablename__ = "search_entry"
    instance_id: Mapped[int] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)
    terms: Mapped[list[str]]


# The list's JSON text is what FTS5 reads: its brackets and quotation marks separate the terms.
SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE search_term USING fts5"
    "(terms, content='search_entry', content_rowid='instance_id', tokenize='unicode61')",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_term(rowid, terms) VALUES (new.instance_id, new.terms); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_term(search_term, rowid, terms) VALUES ('delete', old.instance_id, old.terms); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_term(search_term, rowid, terms) VALUES ('delete', old.instance_id, old.terms); "
    "INSERT INTO search_term(rowid, terms) VALUES (new.instance_id, new.terms); END",
)

POSTGRESQL_INDEX = "CREATE INDEX search_term ON search_entry USING gin (terms jsonb_path_ops)"


def _on(moment: str, statement: str, dialect: str) -> None:
    ddl = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(SearchEntry.__table__, moment, ddl.execute_if(dialect=dialect))


_on("after_create", POSTGRESQL_INDEX, "postgresql")
for _statement in SQLITE_INDEX:
    _on("after_create", _statement, "sqlite")
_on("before_drop", "DROP TABLE IF EXISTS search_term", "sqlite")


class has_terms(ColumnElement[bool]):
    """Whether an entry has all of these terms; each database by its own index."""

    inherit_cache = False

    def __init__(self, terms: list[str]) -> None:
        self.type = Boolean()
        self.terms = terms


@compiles(has_terms, "sqlite")
def _in_fts(element: has_terms, compiler: Any, **options: Any) -> str:
    asked = " AND ".join(f'"{term}"' for term in element.terms)
    index = table("search_term", column("rowid", Integer), column("search_term", Text))
    hits = select(index.c.rowid).where(index.c.search_term.op("MATCH")(literal(asked)))
    found: str = compiler.process(SearchEntry.instance_id.in_(hits), **options)
    return found


@compiles(has_terms, "postgresql")
def _in_gin(element: has_terms, compiler: Any, **options: Any) -> str:
    found: str = compiler.process(type_coerce(SearchEntry.terms, JSONB).contains(element.terms), **options)
    return found
