"""Haystack's filters as conditions on a table's columns.

Haystack compares with what is missing: `!=` and `not in` take rows without a value, and so does NOT of any comparison; SQL
takes none of them. So NOT is carried down to the comparisons, and each says for itself what it does with nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from haystack.errors import FilterError

from ._filter import Column, Filter, col

_ORDERS: dict[str, Callable[[Column, Any], Filter]] = {
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "==", "in": "not in", "not in": "in"}


def where_of(filters: dict[str, Any]) -> Filter:
    """Fields are columns of the table; `meta.` before them is left out, and `content` is the column `text`.

    Errors: FilterError for what is no filter of Haystack.
    """
    return _logic(filters, False) if "field" not in filters else _comparison(filters, False)


def _logic(filters: dict[str, Any], opposite: bool) -> Filter:
    operator, conditions = filters.get("operator"), filters.get("conditions")
    if operator not in ("AND", "OR", "NOT") or not isinstance(conditions, list) or not conditions:
        raise FilterError(f"a filter is a comparison of a field, or AND, OR, NOT with conditions: {filters!r:.200}")
    opposite = opposite != (operator == "NOT")  # NOT means: not all of them
    parts = [_comparison(each, opposite) if "field" in each else _logic(each, opposite) for each in conditions]
    together, *others = parts
    for each in others:
        together = together | each if (operator == "OR") != opposite else together & each
    return together


def _comparison(filters: dict[str, Any], opposite: bool) -> Filter:
    operator, name = filters.get("operator"), str(filters["field"]).removeprefix("meta.")
    if operator not in _OPPOSITE or "value" not in filters:
        raise FilterError(f"a comparison has an operator ({', '.join(_OPPOSITE)}) and a value: {filters!r:.200}")
    value, column = filters["value"], col("text" if name == "content" else name)
    if operator in ("in", "not in"):
        if not isinstance(value, list):
            raise FilterError(f"the value of '{operator}' is a list: {value!r:.200}")
        return _among(column, value, (operator == "in") != opposite)
    if operator in _ORDERS:
        if value is None or isinstance(value, (list, dict)):
            raise FilterError(f"nothing is above or below this value: {value!r:.200}")
        return (_ORDERS[_OPPOSITE[operator]](column, value) | column.is_null()) if opposite else _ORDERS[operator](column, value)
    if isinstance(value, (list, dict)):
        raise FilterError(f"a column is no list: {value!r:.200}")
    return _among(column, [value], (operator == "==") != opposite)


def _among(column: Column, values: list[Any], wanted: bool) -> Filter:
    """One of these values, or none of them; nothing (None) is a value like any other."""
    known = [value for value in values if value is not None]
    inside = column.is_in(known)
    if wanted:
        return inside | column.is_null() if len(known) < len(values) else inside
    outside = ~inside if known else ~column.is_null()
    return outside & ~column.is_null() if len(known) < len(values) else outside | column.is_null()
