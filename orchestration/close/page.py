"""The close pack's page: one self-contained HTML file with the waterfalls, the checklist and the digests; it prints well.

No script and no address of anything outside: it opens in ten years. The bytes depend on the close and the workbook alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from orchestration.close import waterfall
from orchestration.close.month import spoken
from orchestration.close.pack_content import Bridge, Content
from reverse_etl.money import spoken as spoken_money

_STYLE = """
body{font:14px/1.45 system-ui,"Segoe UI",Helvetica,Arial,sans-serif;color:#1b2730;margin:2.2rem auto;max-width:980px;padding:0 1.2rem}
h1{font-size:26px;margin:0 0 .2rem}h2{font-size:18px;margin:2rem 0 .4rem;border-bottom:2px solid #1f3a4d;padding-bottom:.2rem}
p.lead{margin:.1rem 0;color:#45545e}table{border-collapse:collapse;width:100%;font-size:12.5px}
th{text-align:left;background:#1f3a4d;color:#fff;padding:.3rem .5rem;font-weight:600}
td{padding:.24rem .5rem;border-bottom:1px solid #dfe5e8;vertical-align:top}td.figure,th.figure{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code,td.digest{font:11px/1.4 Consolas,Menlo,monospace}td.digest{word-break:break-all}
.verdict{white-space:nowrap;font-weight:600}.pass{color:#1e6b2e}.accepted,.warns,.notbuilt{color:#7a5200}.fails{color:#a61c00}.notapplicable{color:#777;font-weight:400}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem;margin:1.2rem 0}.figures div{border:1px solid #c9d3d8;border-top:4px solid #1f3a4d;padding:.5rem .7rem}
.figures b{display:block;font-size:19px;font-variant-numeric:tabular-nums}.figures span{color:#45545e;font-size:12px}
svg.waterfall{width:100%;height:auto;display:block;margin:.6rem 0;font-size:12.5px}svg text{fill:#1b2730}
svg .figure{text-anchor:end;font-variant-numeric:tabular-nums}svg .code{fill:#5b6a74;font-size:11px}svg .note{fill:#5b6a74;font-size:11px}
svg .edge{fill:#1f3a4d}svg .up{fill:#3d8361}svg .down{fill:#c2673d}svg .carry{stroke:#9aa7ae;stroke-width:1}svg .broken{fill:none;stroke:#fff;stroke-width:3}
section{break-inside:avoid}details summary{cursor:pointer;color:#0b5394;margin:.4rem 0}
@media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}details:not([open])>*{display:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def html(content: Content, workbook: Mapping[str, str]) -> str:
    """The page of a close; `workbook` is its file → sha256."""
    close = content.close
    title = f"Close of {close.period_month}, {close.entity_id}"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">Closed {spoken(close.closed_at)} by {escape(close.closed_by)}: {escape(close.because)}</p>',
        _figures(content),
        *(_bridge(bridge) for bridge in content.bridges),
        _checklist(content),
        _sign_offs(content),
        _signature(content, workbook),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _figures(content: Content) -> str:
    """The ends of the bridges, each once: what the month is known by."""
    named = (
        ("storefront_to_bank", 0, "gross ordered"),
        ("storefront_to_bank", -1, "at the bank"),
        ("storefront_to_net_revenue", -1, "net revenue"),
        ("net_revenue_to_books", -1, "revenue in the books"),
    )
    boxes = [
        f"<div><b>{spoken_money(bridge.steps[place].amount_minor, bridge.currency_code)}</b><span>{label}</span></div>"
        for currency in sorted({bridge.currency_code for bridge in content.bridges})
        for name, place, label in named
        for bridge in content.bridges
        if (bridge.name, bridge.currency_code) == (name, currency)
    ]
    return f'<div class="figures">{"".join(boxes)}</div>'


def _bridge(bridge: Bridge) -> str:
    return f"<section><h2>{escape(bridge.title)}, {bridge.currency_code}</h2>\n{waterfall.svg(bridge)}</section>"


def _checklist(content: Content) -> str:
    rows = []
    for line in content.close.checklist:
        verdict = f'<span class="verdict {line["verdict"].replace(" ", "")}">{escape(line["verdict"])}</span>'
        cells = (f"{line['step']} {line['step_name']}", line["code"])
        told = f"{line['claim']}: {line['told']}" if line["verdict"] == "pass" else line["told"]
        rows.append(
            f"<tr>{_cells(cells)}<td>{verdict}</td><td>{escape(told)}</td><td class=figure>{_money(line)}</td></tr>"
        )
    head = _head("step", "check", "verdict", "found", "amount")
    return f"<h2>Checklist</h2><table>{head}{''.join(rows)}</table>"


def _sign_offs(content: Content) -> str:
    if not content.close.sign_offs:
        return "<h2>Accepted by a person</h2><p>Nothing: every check held.</p>"
    rows = [
        f"<tr>{_cells((signed.accepted_by, signed.code, signed.because))}<td class=figure>"
        f"{_money({'amount_minor': signed.amount_minor, 'currency_code': signed.currency_code})}</td></tr>"
        for signed in content.close.sign_offs
    ]
    return f"<h2>Accepted by a person</h2><table>{_head('who', 'code', 'why', 'amount')}{''.join(rows)}</table>"


def _signature(content: Content, workbook: Mapping[str, str]) -> str:
    close = content.close
    tables = "".join(
        f"<tr><td>{escape(name)}</td><td class=figure>{table.rows:,}</td><td class=digest>{table.digest}</td></tr>"
        for name, table in close.tables.items()
    )
    rules = "".join(
        f"<tr><td>{escape(name)}</td><td class=digest>{digest}</td></tr>" for name, digest in close.rules.items()
    )
    files = "".join(
        f"<tr><td>{escape(name)}</td><td class=digest>{digest}</td></tr>" for name, digest in workbook.items()
    )
    verify = f"cartwheel close verify {close.period_month} --entity {close.entity_id}"
    return (
        f"<h2>What was frozen</h2><p>Publication {close.snapshot}, rules <code>{close.rules_digest}</code>."
        f" To compare files and numbers with these digests: <code>{escape(verify)}</code></p>"
        f"<table>{_head('table', 'rows', 'digest of the rows')}{tables}</table>"
        f"<p></p><table>{_head('file', 'sha256')}{files}</table>"
        f"<details><summary>{len(close.rules)} rules, each with its digest</summary><table>{rules}</table></details>"
    )


def _money(line: Mapping[str, Any]) -> str:
    if not line["amount_minor"] or line["currency_code"] is None:
        return ""
    return spoken_money(line["amount_minor"], line["currency_code"])


def _cells(values: Iterable[str]) -> str:
    return "".join(f"<td>{escape(value)}</td>" for value in values)


def _head(*names: str) -> str:
    figures = ("amount", "rows")
    cells = (f"<th{' class=figure' if name in figures else ''}>{escape(name)}</th>" for name in names)
    return f"<tr>{''.join(cells)}</tr>"
