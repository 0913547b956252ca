"""What cases are found by: one row for each case, written in the transaction that changes the case.

Terms are pairs of neighbouring characters, made by app.services.search: no database parses Chinese by itself.
PostgreSQL looks them up in a GIN index over the JSON list; SQLite in an FTS5 table that triggers keep.
"""

from __future__ import annotations

from sqlalchemy import DDL, ForeignKey, Text, event
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

event.listen(SearchEntry.__table__, "after_create", DDL(POSTGRESQL_INDEX).execute_if(dialect="postgresql"))
for _statement in SQLITE_INDEX:
    event.listen(SearchEntry.__table__, "after_create", DDL(_statement).execute_if(dialect="sqlite"))
event.listen(
    SearchEntry.__table__, "before_drop", DDL("DROP TABLE IF EXISTS search_term").execute_if(dialect="sqlite")
)
