"""A query without what is read from tables that are empty: the same rows of the same types, fewer operators to set up.

The engine's optimizer does not look through common tables, keeps a left join to nothing and a group-by of nothing; for a
handful of rows the set-up of these is most of the work. What is not understood here is left as it was written. For counts and
texts: the engine forgets the scale of a decimal that is always null.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

# A part of a query, as the engine's own parser writes it down.
Part = dict[str, Any]
# Names and types; those of a branch of a union may have one name more than once.
Columns = list[tuple[str, str]]
# Common tables in the order they are written, each with whether it has no rows.
Ways = list[tuple[Part, bool]]


class Emptied:
    """Call it with a query and the tables without rows ("schema.table"). Reads nothing but the catalogue.

    columns: of the query's common tables, as far as they are known.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]]) -> None:
        self._run, self._known = connection.execute, columns
        self._empty: Collection[str] = ()
        # What the engine said of queries and types: the same for every choice of empty tables.
        self._told: dict[str, Columns] = {}
        self._nulls: dict[str, Part] = {}
        self._no_rows = self._parsed("select 1 where false")
        told = "select distinct function_name from duckdb_functions() where function_type = 'aggregate'"
        self._aggregates = {name for (name,) in self._run(told).fetchall()}

    def __call__(self, sql: str, empty: Collection[str]) -> str:
        node, self._empty = self._parsed(sql), empty
        self._query(node, [])
        return self._text(node)

    def _query(self, node: Part, around: Ways) -> bool:
        """Takes out of a query what is read from nothing; True where it has no rows. `around`: common tables it may read."""
        ways = [*around]
        for entry in node["cte_map"]["map"]:
            query = entry["value"]["query"]
            if is_empty := self._query(query["node"], ways):
                query["node"] = self._nothing(self._columns_of(entry["key"]) or self._columns(query["node"], ways))
            ways.append((entry, is_empty))
        is_empty = False
        if node["type"] == "SET_OPERATION_NODE":
            is_empty = self._union(node, ways)
        elif node["type"] == "SELECT_NODE":
            is_empty = self._select(node, ways)
        _drop_unread(node)
        return is_empty

    def _union(self, node: Part, ways: Ways) -> bool:
        sides = {name: self._query(node[name], ways) for name in ("left", "right")}
        if node["setop_type"] != "UNION":
            return False
        for name, is_empty in sides.items():
            if is_empty and not all(sides.values()):
                node[name] = self._nothing(self._columns(node[name], ways))
        return all(sides.values())

    def _select(self, node: Part, ways: Ways) -> bool:
        for holder, key, part in [*_subqueries(node)]:
            is_empty = self._query(part["subquery"]["node"], ways)
            if is_empty and part["subquery_type"] in ("ANY", "EXISTS"):
                holder[key] = {**self._parsed("select false")["select_list"][0], "alias": part["alias"]}
        whence = _Whence(ways)
        is_empty = self._relation(node["from_table"], whence) or _is_false(node["where_clause"])
        if whence.gone and not (is_empty or any(_subqueries(node))):
            self._without(node, whence)
        is_one_row = not node["group_expressions"] and any(
            part["function_name"] in self._aggregates for part in _calls([node["select_list"], node["having"]])
        )
        return is_empty and not is_one_row

    def _relation(self, table: Part, whence: _Whence) -> bool:
        """True where a part of a from-clause has no rows; left joins to such parts are noted as gone."""
        if table["type"] == "JOIN":
            left, right = (self._relation(table[side], whence) for side in ("left", "right"))
            if table["ref_type"] == "CROSS":
                # Written by the engine as a comma, which binds less than the joins beside it.
                table |= {"ref_type": "REGULAR", "condition": self._parsed("select true")["select_list"][0]}
            if table["ref_type"] != "REGULAR" or table["using_columns"]:
                whence.is_plain = False
                return False
            if table["join_type"] == "LEFT":
                if right and not left and table["right"]["type"] != "JOIN":
                    star = {**self._parsed("select *"), "from_table": table["right"]}
                    whence.gone[_called(table["right"])] = self._columns(star, whence.ways)
                return left
            return table["join_type"] == "INNER" and (left or right)
        if table["type"] == "SUBQUERY":
            return self._query(table["subquery"]["node"], whence.ways)
        if table["type"] != "BASE_TABLE":
            return False
        if not table["schema_name"]:
            named = [is_empty for way, is_empty in whence.ways if way["key"] == table["table_name"]]
            return bool(named) and named[-1]
        return f"{table['schema_name']}.{table['table_name']}" in self._empty

    def _without(self, node: Part, whence: _Whence) -> None:
        """Takes the joins to nothing out of a select; what it shows of them is null, of the type it had."""
        stars = [item for item in node["select_list"] if item["class"] == "STAR"]
        if not whence.is_plain or node["modifiers"] or any(item[key] for item in stars for key in _STAR_PARTS):
            return
        order = [*_leaves(node["from_table"])]
        if "" in order or len({*order}) < len(order):
            # A star of one of them could not be written.
            return
        node["from_table"] = _joined(node["from_table"], whence.gone)
        shown: list[Part] = []
        for item in node["select_list"]:
            if item["class"] == "STAR":
                named = [item["relation_name"]] if item["relation_name"] else order
                for name in named:
                    shown += self._star(name, item, whence)
            else:
                shown.append(item)
        for at, item in enumerate(shown):
            if item["class"] == "COLUMN_REF" and not item["alias"]:
                shown[at] = {**item, "alias": item["column_names"][-1]}
        node["select_list"] = shown
        for key in ("select_list", "from_table", "where_clause", "group_expressions", "having", "qualify"):
            node[key] = self._nulled(node[key], whence)

    def _star(self, name: str, item: Part, whence: _Whence) -> list[Part]:
        if name not in whence.gone:
            return [{**item, "relation_name": name}]
        return [{**self._null(kind), "alias": column} for column, kind in whence.gone[name]]

    def _nulled(self, part: Any, whence: _Whence) -> Any:
        if isinstance(part, list):
            return [self._nulled(one, whence) for one in part]
        if not isinstance(part, dict):
            return part
        if part.get("class") == "COLUMN_REF":
            *table, column = part["column_names"]
            gone = [of for name, of in whence.gone.items() if table in ([], [name])]
            kinds = [kind for of in gone for name, kind in of if name == column]
            return {**self._null(kinds[0]), "alias": part["alias"]} if kinds else part
        if part.get("type") == "SUBQUERY":
            return part
        return {key: self._nulled(one, whence) for key, one in part.items()}

    def _columns_of(self, known: str) -> Columns:
        return [*self._known.get(known, {}).items()]

    def _columns(self, node: Part, ways: Ways) -> Columns:
        """What a query shows, by the engine's own word."""
        own = {way["key"] for way in node["cte_map"]["map"]}
        every = [*(self._short(way) for way, _ in ways if way["key"] not in own), *node["cte_map"]["map"]]
        whole = {**node, "cte_map": {"map": every}}
        _drop_unread(whole)
        text = self._text(whole)
        if text not in self._told:
            self._told[text] = [(row[0], row[1]) for row in self._run(f"describe {text}").fetchall()]
        return self._told[text]

    def _short(self, way: Part) -> Part:
        """A common table as far as its columns go."""
        columns = self._columns_of(way["key"])
        return {**way, "value": {**way["value"], "query": {"node": self._nothing(columns)}}} if columns else way

    def _nothing(self, columns: Columns) -> Part:
        shown = [{**self._null(kind), "alias": name} for name, kind in columns]
        return {**self._no_rows, "select_list": shown}

    def _null(self, kind: str) -> Part:
        if kind not in self._nulls:
            [self._nulls[kind]] = self._parsed(f"select cast(null as {kind})")["select_list"]
        return self._nulls[kind]

    def _parsed(self, sql: str) -> Part:
        [(said,)] = self._run("select json_serialize_sql($1)", [sql]).fetchall()
        [statement] = json.loads(said)["statements"]
        node: Part = statement["node"]
        return node

    def _text(self, node: Part) -> str:
        said = json.dumps({"error": False, "statements": [{"node": node, "named_param_map": []}]})
        [(sql,)] = self._run("select json_deserialize_sql($1)", [said]).fetchall()
        return str(sql)


# What a star can carry besides; such a one is left alone.
_STAR_PARTS = ("exclude_list", "replace_list", "rename_list", "qualified_exclude_list", "columns", "expr")


@dataclass
class _Whence:
    """The from-clause of one select: what it is joined to in vain, by name, with the columns that are null."""

    ways: Ways
    gone: dict[str, Columns] = field(default_factory=dict)
    is_plain: bool = True


def _called(table: Part) -> str:
    return str(table["alias"] or table.get("table_name", ""))


def _leaves(table: Part) -> Iterator[str]:
    if table["type"] == "JOIN":
        yield from _leaves(table["left"])
        yield from _leaves(table["right"])
    else:
        yield _called(table)


def _joined(table: Part, gone: Collection[str]) -> Part:
    """A from-clause without the left joins to what is gone."""
    if table["type"] != "JOIN":
        return table
    right = table["right"]
    if table["join_type"] == "LEFT" and right["type"] != "JOIN" and _called(right) in gone:
        return _joined(table["left"], gone)
    return {**table, "left": _joined(table["left"], gone), "right": _joined(right, gone)}


def _subqueries(part: Any) -> Iterator[tuple[Any, Any, Part]]:
    """Every query in an expression of a select, with where it stands; not those of its from-clause or within them."""
    for key, one in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if isinstance(one, dict) and one.get("class") == "SUBQUERY":
            yield part, key, one
        elif key not in ("cte_map", "subquery"):
            yield from _subqueries(one)


def _calls(part: Any) -> Iterator[Part]:
    if isinstance(part, dict):
        if part.get("class") == "FUNCTION":
            yield part
        if part.get("class") != "SUBQUERY":
            for one in part.values():
                yield from _calls(one)
    elif isinstance(part, list):
        for one in part:
            yield from _calls(one)


def _is_false(where: Part | None) -> bool:
    """True of `where false`, as the parser writes it."""
    return where is not None and where["class"] == "CAST" and where["child"].get("value", {}).get("value") == "f"


def _drop_unread(node: Part) -> None:
    """Drops common tables nobody reads any more; one that a single other reads is planned as a part of it."""
    read, kept = Counter[str](), list[Part]()
    _count({**node, "cte_map": None}, read)
    for entry in reversed(node["cte_map"]["map"]):
        if readers := read[entry["key"]]:
            _count(entry, read)
            plain = {**entry["value"], "materialized": "CTE_MATERIALIZE_DEFAULT"}
            kept.append(entry if readers > 1 else {**entry, "value": plain})
    node["cte_map"] = {"map": kept[::-1]}


def _count(part: Part, read: Counter[str]) -> None:
    """How often each common table is read, by name."""
    if part.get("type") == "BASE_TABLE" and not part["schema_name"]:
        read[part["table_name"]] += 1
    for one in part.values():
        if isinstance(one, dict):
            _count(one, read)
        elif isinstance(one, list):
            for each in one:
                if isinstance(each, dict):
                    _count(each, read)
