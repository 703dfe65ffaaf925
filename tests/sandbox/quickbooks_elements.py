"""The vendor's entity definitions of QuickBooks (XSD): which elements an entity has, which words an enumeration allows."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from tests.sandbox.openapi_contract import CONTRACTS

XS = "{http://www.w3.org/2001/XMLSchema}"


def elements() -> dict[str, set[str]]:
    """Type name → element names, inherited ones included. Skips where the files are missing."""
    own: dict[str, set[str]] = {}
    parents: dict[str, str] = {}
    for root in _roots():
        for kind in root.iter(f"{XS}complexType"):
            name = kind.get("name")
            if not name:
                continue
            named = {item.get("name") or (item.get("ref") or "").split(":")[-1] for item in kind.iter(f"{XS}element")}
            own[name] = {item for item in named if item}
            extension = next(kind.iter(f"{XS}extension"), None)
            if extension is not None:
                parents[name] = (extension.get("base") or "").split(":")[-1]
    return {name: set().union(*(own.get(step, set()) for step in _line(name, parents))) for name in own}


def words(enumeration: str) -> set[str]:
    """The values an enumeration allows. Skips where the files are missing."""
    return {
        item.get("value") or ""
        for root in _roots()
        for kind in root.iter(f"{XS}simpleType")
        if kind.get("name") == enumeration
        for item in kind.iter(f"{XS}enumeration")
    }


def _roots() -> Iterator[ElementTree.Element]:
    folder = CONTRACTS / "quickbooks"
    if not folder.exists():
        pytest.skip("the vendor's XSD files are not on this machine")
    for path in sorted(folder.glob("*.xsd")):
        yield ElementTree.parse(path).getroot()


def _line(name: str, parents: dict[str, str]) -> list[str]:
    found = [name]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found
