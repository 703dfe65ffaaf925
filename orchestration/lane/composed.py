"""The computed models up to one of them, as one statement: planned once, and nothing put down between two models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from orchestration.lane.models import StockModels


def composed(models: StockModels, wanted: str, instead: Mapping[str, str]) -> str:
    """Common tables for `wanted` and for all it is made from, each by its name; `with …` without its select.

    instead: SQL of nodes that are to be read otherwise than their own SQL or their table says.
    """
    nodes = {node.name: node for node in models.nodes}
    ways: dict[str, str] = {}
    read: Counter[str] = Counter()

    def visit(name: str) -> None:
        if name in ways:
            return
        node = nodes[name]
        sql = instead.get(name, node.sql)
        for up in node.reads if node.part == "computed" else ():
            if nodes[up].part == "computed" or up in instead:
                visit(up)
                read[up] += 1
                sql = sql.replace(quoted(up), f'"{up}"')
        ways[name] = sql

    visit(wanted)
    # A model that two others read is made once; one that a single other reads is planned as a part of it.
    common = (f'"{name}" as {"materialized " if read[name] > 1 else ""}({sql})' for name, sql in ways.items())
    return f"with {', '.join(common)}"


def quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'
