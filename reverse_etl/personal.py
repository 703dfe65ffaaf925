"""Hides what identifies a person in rows and raw payloads before they are shown; business values stay readable.

Names of fields decide, whatever their spelling (`firstName`, `first_name`), and e-mail addresses are known anywhere by
their look. All inside an address, or a payer's name, is hidden except a country and region.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MASK = "…"
_EMAIL = re.compile(r"([A-Za-z0-9_.+%'-])[A-Za-z0-9_.+%'-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
_FIELDS = frozenset({
    "address1", "address2", "alternatefullname", "city", "customerphone", "customerusername", "customeripaddress",
    "customernote",  "familyname", "firstname", "fullname", "fullyqualifiedname", "givenname", "ip",
    "lastname", "partyname", "phone", "phonenumber", "postalcode", "postcode", "primaryphone", "printoncheckname",
    "shippingaddresskey", "shippingcity", "shippingpostcode", "shippingstreet", "shippingstreetmore", "street",
    "surname", "username", "zip",
})  # fmt: skip
_ADDRESSES = frozenset({
    "address", "addresses", "billaddr", "billing", "billingaddress", "billingdetails", "billto", "buyer", "defaultaddress",
    "location", "payername", "shipaddr", "shipping", "shippingaddress", "shippinginfo", "shipto",
})  # fmt: skip
_TOLD_OF_AN_ADDRESS = frozenset({"country", "countrycode", "countrycodev2", "id", "province", "provincecode", "state"})
_NUMBER = re.compile(r'"\\u0001([^"\\]+)\\u0001"')


def hidden(value: Any, name: str = "") -> Any:
    """A value, or all values inside it, as they may be shown under a field of this name."""
    return _hidden(value, _plain(name), in_address=False)


def hidden_text(text: str) -> str:
    """Running text with e-mail addresses cut to their first letter and domain."""
    return _EMAIL.sub(rf"\1{MASK}@\2", text)


def hidden_json(text: str) -> str:
    """JSON text with personal values hidden, all else as it was."""
    content = hidden(json.loads(text, parse_float=Decimal))
    shown = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=lambda number: f"\x01{number:f}\x01")
    return _NUMBER.sub(r"\1", shown)


def _hidden(value: Any, name: str, *, in_address: bool) -> Any:
    if isinstance(value, Mapping):
        inside = in_address or name in _ADDRESSES
        return {key: _hidden(item, _plain(str(key)), in_address=inside) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item, name, in_address=in_address) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str) and (nested := _nested(value)) is not None:
        # JSON columns of a row and receipts of a payment are text that holds an object.
        found = _hidden(nested, name, in_address=in_address)
        return value if found == nested else json.dumps(found, ensure_ascii=False, default=str)
    if name in _FIELDS or (in_address and name not in _TOLD_OF_AN_ADDRESS):
        return hidden_text(value) if isinstance(value, str) and _EMAIL.fullmatch(value) else MASK
    return hidden_text(value) if isinstance(value, str) else value


def _nested(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
