"""docs/finance-tables.md, made from the finance models' own files. `make docs` writes it anew.

A model's description says in this order what one row is (`Grain:`), what the amounts in it mean, and what it can not answer; its
owner stands in `dbt_project.yml` by folder; what holds it is its own tests and the singular tests that read it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.documents import ROOT
from tests.transform.dbt_process import described

TRANSFORM = ROOT / "transform"
GUIDE = ROOT / "docs" / "finance-tables.md"
FOLDERS = ("finance", "journal", "tax", "books", "close")

# What is told with every column; the other models stand in the lists at the end.
CHAPTERS = {
    "Revenue": (
        "fct_net_revenue",
        "fct_valued_revenue",
        "fct_order_recognitions",
        "fct_order_reconciliation",
        "fct_deferred_revenue",
        "fct_gift_card_liability",
        "fct_contribution_margins",
        "fct_early_payment_discounts",
    ),
    "Processors and bank": (
        "fct_clearing_months",
        "fct_payouts",
        "fct_payout_items",
        "fct_payout_bank_links",
        "fct_settlement_movements",
        "fct_fees",
        "fct_charge_fees",
        "fct_charge_candidates",
        "fct_invoice_candidates",
        "fct_disputes",
    ),
    "Bridges": (
        "fct_bridge",
        "fct_bridge_days",
        "fct_differences",
        "fct_money_atoms",
        "fct_money_atom_parts",
        "fct_within_month_parts",
    ),
    "The journal": (
        "fct_journal_entries",
        "fct_journal_lines",
        "fct_trial_balance",
        "fct_journal_revisions",
        "fct_revaluations",
        "fct_returns_provisions",
        "fct_receivables",
    ),
    "Tax": ("fct_tax_boxes", "fct_tax_lines", "fct_tax_checks", "fct_oss_returns", "dim_fx_rates"),
    "The books": ("fct_book_documents", "fct_book_edits", "fct_expected_sales_receipts", "fct_expected_invoices"),
    "The close": (
        "fct_close_checks",
        "fct_close_balances",
        "fct_close_trial_balance",
        "fct_close_account_parts",
        "fct_close_changes",
    ),
}
BEHIND = {
    "finance": "revenue, settlement and bridges",
    "journal": "the journal",
    "tax": "tax",
    "books": "what the books should hold",
    "close": "the close",
}
HEAD = """# Finance tables, one by one

Made from the models by `make docs`; a test holds the page and the models together. How the numbers hang together is told in
[For finance](finance.md). Amounts are whole minor units: cents of a euro or dollar, yen of a yen. A rate in ppm is in millionths, so that
19 % is 190,000. Months and days are those of the entity's time zone; what ends in `_at` is UTC.

*Held by* says what a build tests: a table that breaks it is not published. A number such as I-09 is an identity, tested on every build.
"""


@dataclass(frozen=True)
class Told:
    """A finance model in the words of its files."""

    name: str
    folder: str
    owner: str
    grain: str
    definition: str
    limits: str
    held_by: tuple[str, ...]
    columns: tuple[dict[str, Any], ...]

    def unit(self, column: dict[str, Any]) -> str:
        """What a column is counted in; nothing for text and flags."""
        name, kind = column["name"], column["data_type"]
        if name.endswith("_minor"):
            return f"minor units of {self._currency(column)}"
        if name.endswith("_ppm"):
            return "millionths"
        if name.endswith(("_days", "_hours")):
            return name.rpartition("_")[2]
        return {"bigint": "count", "date": "day", "timestamp": "UTC"}.get(kind, "")

    def _currency(self, column: dict[str, Any]) -> str:
        """The column that names the currency of an amount, or the currency itself."""
        said = column.get("config", {}).get("meta", {}).get("currency")
        if said:
            return f"`{said}`"
        name, known = column["name"], {each["name"] for each in self.columns}
        if "_eur_" in name:
            return "EUR"
        kin = ("base_currency_code" if "base" in name else "", f"{name.split('_')[0]}_currency_code", "currency_code")
        return next((f"`{each}`" for each in kin if each in known), "its document's currency")


@functools.cache
def models() -> dict[str, Told]:
    """Every finance model by name."""
    found = [path for folder in FOLDERS for path in sorted((TRANSFORM / "models/marts" / folder).glob("*.yml"))]
    return {model["name"]: _told(model, path.parent.name) for path in found for model in described(path)["models"]}


def _told(model: dict[str, Any], folder: str) -> Told:
    said = " ".join(model["description"].split())
    parts = re.fullmatch(r"Grain: (.+?\.)(?: (.+?))? Can not answer: (.+)", said)
    grain, definition, limits = parts.groups(default="") if parts else ("", "", "")
    return Told(
        name=model["name"],
        folder=folder,
        owner=_owner(model, folder),
        grain=grain,
        definition=definition,
        limits=limits,
        held_by=(*_own_tests(model), *_identities(model["name"])),
        columns=tuple(model["columns"]),
    )


def _owner(model: dict[str, Any], folder: str) -> str:
    """The first owner the model names, else the one of its folder; teams as Dagster spells them."""
    of_folder = _project()["models"]["cartwheel"]["marts"][folder].get("+meta", {})
    of_model = model.get("config", {}).get("meta", {})
    owners = (of_model.get("dagster") or of_folder.get("dagster") or {}).get("owners", [])
    return owners[0].removeprefix("team:") if owners else ""


@functools.cache
def _project() -> dict[str, Any]:
    project: dict[str, Any] = described(TRANSFORM / "dbt_project.yml")
    return project


def _own_tests(model: dict[str, Any]) -> list[str]:
    """The model's own tests in words; what is the same for many columns is said once."""
    said, plain = [], {"unique": "no two rows with the same", "not_null": "never empty:"}
    for test in model.get("data_tests", []):
        [(name, given)] = test.items()
        arguments = given.get("arguments", given)
        if name == "grain":
            said.append(f"one row per {_listed(arguments['columns'])}")
        elif name == "sum_preserved":
            source = re.sub(r"ref\('(\w+)'\)", r"`\1`", arguments["from"])
            said.append(f"sum of `{arguments['column']}` per currency is that of {source}")
    for name, words in plain.items():
        columns = [each["name"] for each in model["columns"] if name in each.get("data_tests", [])]
        if columns:
            said.append(f"{words} {_listed(columns)}")
    said += [_of_column(each["name"], test) for each in model["columns"] for test in each.get("data_tests", [])]
    return [words for words in said if words]


def _of_column(column: str, test: Any) -> str:
    if not isinstance(test, dict):
        return ""
    [(name, given)] = test.items()
    arguments = given.get("arguments", given)
    if name == "relationships":
        source = re.sub(r"ref\('(\w+)'\)", r"`\1`", arguments["to"])
        return f"every `{column}` is in {source}"
    if name == "accepted_values":
        return f"`{column}` is one of its listed values"
    return ""


def _listed(columns: list[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _identities(model: str) -> list[str]:
    """Names of the singular tests that read a model, as sentences."""
    return [words for words, text in _singular_tests().items() if f"ref('{model}')" in text]


@functools.cache
def _singular_tests() -> dict[str, str]:
    return {_sentence(path): path.read_text() for path in sorted((TRANSFORM / "tests").glob("assert_*.sql"))}


def _sentence(path: Path) -> str:
    found = re.fullmatch(r"assert_(?:([is])_(\d\d)_)?(.+)", path.stem)
    assert found is not None
    letter, number, words = found.groups()
    return (f"{letter.upper()}-{number} " if letter else "") + words.replace("_", " ")


def page() -> str:
    """The whole document."""
    known, told = models(), {name for names in CHAPTERS.values() for name in names}
    parts = [HEAD]
    for title, names in CHAPTERS.items():
        parts += [f"## {title}\n", *[_section(known[name]) for name in names]]
    parts.append("## The tables behind them\n")
    parts.append("Steps on the way to the tables above; ask them when you want to know why.\n")
    for folder, title in BEHIND.items():
        rest = [each for each in known.values() if each.folder == folder and each.name not in told]
        parts += [f"### Behind {title}\n", _list(rest)]
    return "\n".join(parts)


def _section(model: Told) -> str:
    columns = [f"| `{each['name']}` | {model.unit(each)} | {_cell(each['description'])} |" for each in model.columns]
    return "\n".join(
        [
            f"### `{model.name}`\n",
            f"{model.definition}\n",
            f"- One row is {model.grain}",
            f"- Can not answer: {model.limits}",
            f"- Owner: {model.owner}.",
            f"- Held by: {'; '.join(model.held_by)}.\n",
            "| column | unit | meaning |",
            "|---|---|---|",
            *columns,
            "",
        ]
    )


def _list(rest: list[Told]) -> str:
    rows = [
        f"| `{each.name}` | {_cell(each.grain)} | {_cell(each.definition)} | {each.owner} | {_cell('; '.join(each.held_by))} |"
        for each in rest
    ]
    return "\n".join(["| table | one row is | meaning | owner | held by |", "|---|---|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def write() -> None:
    GUIDE.write_text(page())


if __name__ == "__main__":
    write()
