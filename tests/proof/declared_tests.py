"""The data tests that stand beside the models, as SQL that finds rows when they fail: what a build asks besides the identities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.dbt_process import described

GENERIC = re.compile(r"{% test (\w+)\(.*?%}.*?{% endtest %}", re.DOTALL)


def declared_tests(world: CanonicalRows, models: tuple[str, ...]) -> dict[str, str]:
    """Name → SQL of every data test of these models; one that only warns is left out."""
    found = {}
    for model in models:
        [path] = (TRANSFORM / "models").rglob(f"{model}.yml")
        for nth, (test, column, arguments) in enumerate(_asked(described(path)["models"][0])):
            name = f"{model} {nth} {test} {column or ''}".strip()
            # An argument may hold refs of its own.
            found[name] = world.rendered(world.rendered(_text(test, model, column, arguments)))
    return found


def _asked(declared: dict[str, Any]) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """(test, column, arguments) of a model's yml."""
    columns = [(None, declared), *((column["name"], column) for column in declared["columns"])]
    for column, where in columns:
        for told in where.get("data_tests", []):
            name, said = (told, {}) if isinstance(told, str) else next(iter(told.items()))
            if (said.get("config") or {}).get("severity") != "warn":
                yield (
                    name,
                    column,
                    {
                        **(said.get("arguments") or {}),
                        **{key: said["config"][key] for key in ("where",) if key in (said.get("config") or {})},
                    },
                )


def _text(test: str, model: str, column: str | None, arguments: dict[str, Any]) -> str:
    if test in _generic():
        told = {key: value if str(value).startswith("ref(") else repr(value) for key, value in arguments.items()}
        named = ", ".join(f"{'from_' if key == 'from' else key}={value}" for key, value in told.items())
        return f"{_generic()[test]}{{{{ {test}(model=ref('{model}'), {named}) }}}}"
    ref = f"(select * from {{{{ ref('{model}') }}}} where {arguments.get('where', 'true')})"
    if test == "unique":
        return f"select {column} from {ref} where {column} is not null group by {column} having count(*) > 1"
    if test == "not_null":
        return f"select 1 from {ref} where {column} is null"
    if test == "accepted_values":
        values = ", ".join(f"'{value}'" for value in arguments["values"])
        return f"select 1 from {ref} where {column} is not null and cast({column} as varchar) not in ({values})"
    if test == "relationships":
        there, field = f"{{{{ {arguments['to']} }}}}", arguments["field"]
        return f"select 1 from {ref} where {column} is not null and {column} not in (select {field} from {there} where {field} is not null)"
    raise ValueError(f"{model}: a test {test} nobody here knows")


def _generic() -> dict[str, str]:
    """The project's own kinds of test, as macros: `from` is no name in an expression."""
    texts = [path.read_text() for path in sorted((TRANSFORM / "tests/generic").glob("*.sql"))]
    found = {match[1]: match[0] for text in texts for match in GENERIC.finditer(text)}
    return {
        name: re.sub(r"\bfrom(?=[,)]|\s*}})", "from_", text)
        .replace("{% test ", "{% macro ")
        .replace("{% endtest %}", "{% endmacro %}")
        for name, text in found.items()
    }
