"""The portal: contact records, the definitions of their properties, and the rules of writing them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.facts import Contact
    from sandbox.world import World

DEFAULT_SHOWN = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
READ_ONLY = {"hs_object_id", "createdate", "lastmodifieddate"}
STANDARD = {
    "email": "string", "firstname": "string", "lastname": "string", "phone": "phone_number", "createdate": "datetime",
    "lastmodifieddate": "datetime", "hs_object_id": "number", "company": "string", "lifecyclestage": "enumeration",
}  # fmt: skip
OURS = {
    "cartwheel_segment": "string", "cartwheel_r_score": "number", "cartwheel_f_score": "number",
    "cartwheel_m_score": "number", "cartwheel_as_of": "date", "cartwheel_net_revenue": "number",
    "cartwheel_orders": "number", "cartwheel_rule_version": "string",
}  # fmt: skip
FIELDS = {"string": "text", "number": "number", "date": "date", "datetime": "date", "enumeration": "select"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Refusal(Exception):
    """An answer above 399: status, sentence, category and the list of errors."""

    def __init__(self, status: int, message: str, category: str, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status, self.category, self.errors = status, category, errors


@dataclass
class Record:
    """A contact as the CRM keeps it; values are strings."""

    key: str
    values: dict[str, str]
    created_at: datetime
    updated_at: datetime
    is_archived: bool = False


class Portal:
    """All contacts and property definitions of one account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.records: dict[str, Record] = {}
        self._keys: dict[str, str] = {}
        self.definitions = {name: _definition(name, kind, True) for name, kind in STANDARD.items()}
        self.definitions |= {name: _definition(name, kind, False) for name, kind in OURS.items()}
        for contact in world.contacts.get("hubspot", []):
            self._add(_record(contact))
        self._next = max((int(key) for key in self.records), default=50_000_000) + 1

    @staticmethod
    def text(moment: datetime) -> str:
        """ISO 8601 UTC to the millisecond."""
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def find(self, id_property: str, key: str) -> Record | None:
        """By record id, email, or a unique property."""
        if id_property == "hs_object_id":
            return self.records.get(key)
        if id_property == "email":
            return self.records.get(self._keys.get(key.strip().lower(), ""))
        return next((item for item in self.records.values() if item.values.get(id_property) == key), None)

    def problem(self, item: dict[str, Any], may_create: bool = True) -> Refusal | None:
        """Why an input of a batch can't be done, or None."""
        by = item.get("idProperty")
        if by != "email" and not self.definitions.get(str(by), {}).get("hasUniqueValue"):
            return Refusal(400, f"Property {by} is not a unique identifier property for contacts", "VALIDATION_ERROR")
        if not item.get("id"):
            return Refusal(400, "Each input needs an id", "VALIDATION_ERROR")
        found = self.find(str(by), str(item["id"]))
        if not may_create and (found is None or found.is_archived):
            return Refusal(
                404, "Could not get some CONTACT objects, they may be deleted or not exist.", "OBJECT_NOT_FOUND"
            )
        values = {**(item.get("properties") or {}), str(by): item["id"]}
        try:
            self._check(values)
        except Refusal as refusal:
            return refusal
        return None

    def create(self, values: dict[str, Any]) -> Record:
        """A new contact; an email that is taken is a conflict."""
        self._check(values)
        email = str(values.get("email") or "").strip().lower()
        holder = self.records.get(self._keys.get(email, ""))
        if email and holder is not None and not holder.is_archived:
            raise Refusal(409, f"Contact already exists. Existing ID: {holder.key}", "CONFLICT")
        now = self.world.clock.advance(0.001)
        record = Record(str(self._next), _strings(values), now, now)
        self._next += 1
        self._add(record)
        self.world.effects.record("hubspot", "contact_created", email or record.key)
        return record

    def update(self, record: Record, values: dict[str, Any]) -> None:
        """Change what is given; an empty value clears, an absent one stays."""
        self._check(values)
        record.values |= _strings(values)
        record.updated_at = self.world.clock.advance(0.001)
        self._add(record)
        self.world.effects.record("hubspot", "contact_updated", record.values.get("email") or record.key)

    def archive(self, record: Record) -> None:
        record.is_archived, record.updated_at = True, self.world.clock.advance(0.001)
        self.world.effects.record("hubspot", "contact_archived", record.values.get("email") or record.key)

    def define(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new property definition."""
        missing = [name for name in ("name", "label", "type", "fieldType", "groupName") if not body.get(name)]
        if missing:
            raise Refusal(400, f"Some required fields were not set: {missing}", "VALIDATION_ERROR")
        name = body["name"]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise Refusal(
                400, f"Property name {name} is not valid: lower case letters, digits and _", "VALIDATION_ERROR"
            )
        if name in self.definitions:
            raise Refusal(409, f"A property named '{name}' already exists.", "CONFLICT")
        self.definitions[name] = {**_definition(name, body["type"], False), **body}
        self.world.effects.record("hubspot", "property_created", name)
        return self.definitions[name]

    def show(self, record: Record, names: tuple[str, ...] = ()) -> dict[str, Any]:
        """The record with the asked properties; unknown names are left out in silence, as the vendor does."""
        known = {
            **record.values,
            "hs_object_id": record.key,
            "createdate": self.text(record.created_at),
            "lastmodifieddate": self.text(record.updated_at),
        }
        asked = (*names, "createdate", "hs_object_id", "lastmodifieddate") if names else DEFAULT_SHOWN
        shown: dict[str, Any] = {
            "id": record.key,
            "properties": {name: known.get(name) for name in sorted(set(asked)) if name in self.definitions},
            "createdAt": self.text(record.created_at),
            "updatedAt": self.text(record.updated_at),
            "archived": record.is_archived,
        }
        return {**shown, "archivedAt": self.text(record.updated_at)} if record.is_archived else shown

    def _add(self, record: Record) -> None:
        self.records[record.key] = record
        if record.values.get("email"):
            self._keys[record.values["email"].lower()] = record.key

    def _check(self, values: dict[str, Any]) -> None:
        errors = []
        for name, value in values.items():
            definition = self.definitions.get(name)
            if definition is None:
                errors.append(_invalid(name, f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST"))
            elif name in READ_ONLY:
                errors.append(_invalid(name, f'"{name}" is a read only property', "READ_ONLY_VALUE"))
            elif value not in (None, "") and (said := _misfit(name, definition["type"], str(value))):
                errors.append(_invalid(name, said[0], said[1]))
        if errors:
            sentences = ", ".join(error["message"] for error in errors)
            raise Refusal(400, f"Property values were not valid: {sentences}", "VALIDATION_ERROR", errors)


def _misfit(name: str, kind: str, value: str) -> tuple[str, str] | None:
    if name == "email" and not _EMAIL.fullmatch(value.strip()):
        return f"Email address {value} is invalid", "INVALID_EMAIL"
    if kind == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"{value} was not a valid number.", "INVALID_NUMBER"
    if kind == "date" and not _is_date(value):
        return f"{value} is not a valid date (midnight UTC).", "INVALID_DATE"
    return None


def _is_date(value: str) -> bool:
    if value.isdigit():
        return int(value) % 86_400_000 == 0
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _invalid(name: str, said: str, code: str) -> dict[str, Any]:
    return {"message": said, "code": code, "context": {"propertyName": [name]}}


def _strings(values: dict[str, Any]) -> dict[str, str]:
    shown = {name: "" if value is None else str(value) for name, value in values.items()}
    if shown.get("email"):
        shown["email"] = shown["email"].strip().lower()
    return shown


def _record(contact: Contact) -> Record:
    values = {"email": contact.email, "firstname": contact.first_name, "lastname": contact.last_name}
    if contact.phone:
        values["phone"] = contact.phone
    return Record(
        contact.contact_id,
        {**values, **contact.properties},
        contact.created_at,
        contact.updated_at,
        contact.is_archived,
    )


def _definition(name: str, kind: str, is_theirs: bool) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "type": "string" if kind == "phone_number" else kind,
        "fieldType": "phonenumber" if kind == "phone_number" else FIELDS.get(kind, "text"),
        "description": "",
        "groupName": "contactinformation",
        "options": [],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hasUniqueValue": name == "email",
        "hidden": False,
        "hubspotDefined": is_theirs,
        "formField": not is_theirs,
        "modificationMetadata": {
            "archivable": not is_theirs,
            "readOnlyDefinition": is_theirs,
            "readOnlyValue": name in READ_ONLY,
        },
    }
