"""Gives every written order its buyer: regulars and strangers, guests, and guests who come back with an account."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.baskets import Draft
from sandbox.facts import Person

CONVERTING = 14  # people who buy as a guest first and log in later


def assign_buyers(seed: int, drafts: Sequence[Draft], people: Sequence[Person]) -> list[Person]:
    """Set `person` and `is_guest` on each draft (in order of time); return the people with their accounts."""
    rng = random.Random(f"{seed}:buyers")
    free = list(drafts)
    _business(free, people)
    _guests_who_log_in(rng, free, people)
    _split_checkout(free, people)
    _no_mail(free, people)
    for draft in free:
        local = [person for person in people[CONVERTING + 4 :] if person.address.region_code == draft.region.code]
        # The square makes a few regulars and many who buy once, which is what scoring by frequency needs.
        draft.person = local[int(len(local) * rng.random() ** 2)]
        draft.is_guest = draft.person.key % 4 == 0
    return _with_accounts(drafts, people)


def _take(free: list[Draft], draft: Draft, person: Person, is_guest: bool) -> None:
    draft.person, draft.is_guest = person, is_guest
    free.remove(draft)


def _business(free: list[Draft], people: Sequence[Person]) -> None:
    """Orders on terms belong to one company."""
    for draft in [draft for draft in free if draft.tender == "terms"]:
        _take(free, draft, people[CONVERTING], is_guest=False)


def _guests_who_log_in(rng: random.Random, free: list[Draft], people: Sequence[Person]) -> None:
    """Two orders each on one channel, days apart: guest, then account."""
    plain = [draft for draft in free if not draft.story and draft.tender == "card" and not draft.refunds]
    for position, person in enumerate(people[:CONVERTING]):
        channel = "woocommerce" if position % 3 == 2 else "shopify"
        mine = [draft for draft in plain if draft.channel == channel and draft in free]
        first = rng.choice(mine[: len(mine) * 2 // 3])
        later = [draft for draft in mine if draft.placed_at > first.placed_at + timedelta(days=2)]
        _take(free, first, person, is_guest=True)
        _take(free, rng.choice(later), person, is_guest=False)


def _split_checkout(free: list[Draft], people: Sequence[Person]) -> None:
    """The first two orders of a shop that lie 35 minutes apart to the second are one buyer's."""
    by_moment = {(draft.channel, draft.placed_at): draft for draft in free if not draft.story}
    for (channel, moment), draft in sorted(by_moment.items()):
        other = by_moment.get((channel, moment + timedelta(minutes=35)))
        if other is not None:
            other.region = draft.region
            _take(free, draft, people[CONVERTING + 1], is_guest=True)
            _take(free, other, people[CONVERTING + 1], is_guest=True)
            return


def _no_mail(free: list[Draft], people: Sequence[Person]) -> None:
    """Two buyers left a telephone number and no e-mail address."""
    plain = [draft for draft in free if not draft.story and draft.channel == "shopify" and draft.tender == "card"]
    for draft, person in zip(plain[40:42], people[CONVERTING + 2 : CONVERTING + 4], strict=True):
        _take(free, draft, person, is_guest=False)


def _with_accounts(drafts: Sequence[Draft], people: Sequence[Person]) -> list[Person]:
    """Open an account at a shop with the first order that was placed logged in; put the person back on its drafts."""
    opened: dict[tuple[int, str], datetime] = {}
    for draft in drafts:
        if not draft.is_guest:
            opened.setdefault((draft.buyer.key, draft.channel), draft.placed_at)
    made = []
    for position, person in enumerate(people):
        moments = [moment for (key, _), moment in opened.items() if key == person.key]
        changes: dict[str, object] = {"created_at": min(moments, default=person.created_at)}
        if (person.key, "shopify") in opened:
            changes["shopify_id"] = 8_000_000_000 + person.key
        if (person.key, "woocommerce") in opened:
            changes["woo_id"] = 3000 + person.key
        if position == CONVERTING:
            changes["company"] = "Riverside Inns LLC"
        if CONVERTING + 2 <= position < CONVERTING + 4:
            changes |= {"email": None, "phone": person.phone or f"+1555{9_000_000 + person.key}"}
        made.append(replace(person, **changes))  # type: ignore[arg-type]
    by_key = {person.key: person for person in made}
    for draft in drafts:
        draft.person = by_key[draft.buyer.key]
    return made
