"""Conditions over columns: `mp.col("tokens") > 100`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

Form = tuple[object, ...]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
        return (aware - _EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (value - _EPOCH.date()).days
    return value


class Filter:
    """Which rows to take. Combine with `&`, `|` and `~`; a comparison with null takes no row."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def __and__(self, other: Filter) -> Filter:
        return Filter(("and", self.form, other.form))

    def __or__(self, other: Filter) -> Filter:
        return Filter(("or", self.form, other.form))

    def __invert__(self) -> Filter:
        return Filter(("not", self.form))

    def __bool__(self) -> bool:
        raise TypeError("a filter is not true or false by itself: combine filters with &, | and ~, in parentheses")

    def __repr__(self) -> str:
        return f"Filter{self.form!r}"

    def sql(self) -> str:
        """The condition as SQL writes it."""
        return _sql(self.form)


def _sql(form: Any) -> str:
    kind, name = form[0], form[1]
    if kind in ("and", "or"):
        return f"({_sql(form[1])} {kind} {_sql(form[2])})"
    if kind == "not":
        return f"not ({_sql(form[1])})"
    column = '"' + name.replace('"', '""') + '"'
    if kind == "null":
        return f"{column} is null"
    if kind == "in":
        return f"{column} in ({', '.join(_constant(value) for value in form[2])})" if form[2] else "false"
    if kind == "contains":
        return f"contains({column}, {_constant(form[2])})"
    if kind == "starts":
        wild = any(sign in form[2] for sign in "%_")
        return f"starts_with({column}, {_constant(form[2])})" if wild else f"{column} like {_constant(form[2] + '%')}"
    return f"{column} {'=' if kind == '==' else kind} {_constant(form[2])}"


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, bytes):
        return f"'x{value.hex()}'"
    return "'" + str(value).replace("'", "''") + "'"


def condition(where: Filter | str | None) -> str:
    """SQL of a condition that is given as a filter, as SQL, or not at all."""
    return where.sql() if isinstance(where, Filter) else where or ""


class Column:
    """A column in a condition; made by `col`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def _compare(self, form: str, value: object) -> Filter:
        if value is None:
            return {"==": self.is_null(), "!=": ~self.is_null()}.get(form, Filter((form, self.name, value)))
        return Filter((form, self.name, _plain(value)))

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]
        return self._compare("==", value)

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]
        return self._compare("!=", value)

    def __lt__(self, value: Any) -> Filter:
        return self._compare("<", value)

    def __le__(self, value: Any) -> Filter:
        return self._compare("<=", value)

    def __gt__(self, value: Any) -> Filter:
        return self._compare(">", value)

    def __ge__(self, value: Any) -> Filter:
        return self._compare(">=", value)

    def is_in(self, values: Iterable[object]) -> Filter:
        """The value is one of these."""
        return Filter(("in", self.name, [_plain(value) for value in values]))

    def is_null(self) -> Filter:
        """There is no value."""
        return Filter(("null", self.name))

    def contains(self, text: str) -> Filter:
        """The text has this in it."""
        return Filter(("contains", self.name, text))

    def starts_with(self, text: str) -> Filter:
        """The text begins with this."""
        return Filter(("starts", self.name, text))


def col(name: str) -> Column:
    """Names a column, to compare it: `col("uri").starts_with("file:///a/") & (col("tokens") >= 50)`."""
    return Column(name)
