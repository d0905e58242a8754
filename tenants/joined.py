"""A row with the row that it refers to, by a statement that is put together once: for what every request asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models

Row = TypeVar("Row", bound=models.Model)


class Joined(Generic[Row]):
    """`sql` asks for the row of an id together with its `relation`; `made` makes both of what it answers."""

    def __init__(self, model: type[Row], relation: str) -> None:
        field: Any = model._meta.get_field(relation)
        self._parts = [_Part(model), _Part(field.related_model)]
        self._relation = relation
        near, far = (part.table for part in self._parts)
        columns = ", ".join(column for part in self._parts for column in part.columns)
        self.sql = f'select {columns} from {near} left join {far} on {far}."id" = {near}."{field.column}" where {near}."id" = %s'  # noqa: E501, S608

    def made(self, rows: Sequence[Sequence[Any]]) -> Row | None:
        """The object of the one row, its relation with it; None where there is none."""
        for row in rows:
            near, far = self._parts
            found, other = near.made(row[: near.count]), row[near.count :]
            setattr(found, self._relation, None if other[0] is None else far.made(other))
            return found  # type: ignore[return-value]
        return None


class _Part:
    """One of the two models: its columns, and how their values are read."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = model._meta.concrete_fields
        self.model, self.count, self.table = model, len(fields), f'"{model._meta.db_table}"'
        self.columns = [f'{self.table}."{field.column}"' for field in fields]
        self._names = [field.attname for field in fields]
        self._readers = [getattr(field, "from_db_value", None) for field in fields]

    def made(self, values: Sequence[Any]) -> models.Model:
        read = [
            reader(value, None, connection) if reader else value
            for reader, value in zip(self._readers, values, strict=True)
        ]
        return self.model.from_db(DEFAULT_DB_ALIAS, self._names, read)
