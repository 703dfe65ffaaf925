"""What `POST /v1/refunds` does: money back on a captured charge, and its row in the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox.facts import Charge, Movement, Refund, RefundLine
from sandbox.numbering import token
from sandbox.platforms import stripe_objects as objects
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World

KNOWN = {"amount", "charge", "currency", "instructions_email", "payment_intent", "reason", "refund_application_fee",
         "reverse_transfer", "origin", "customer"}  # fmt: skip
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create_refund(world: World, form: dict[str, str]) -> dict[str, Any] | Response:
    """The refund as Stripe shows it, or the refusal of a request that changes nothing."""
    unknown = sorted(name for name in form if name not in KNOWN and not name.startswith(("metadata[", "expand[")))
    if unknown:
        return _refused(f"Received unknown parameter: {unknown[0]}", "parameter_unknown", unknown[0])
    if form.get("reason") and form["reason"] not in REASONS:
        return _refused(
            "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer", None, "reason"
        )
    charge = _charge(world, form)
    if isinstance(charge, Response):
        return charge
    left = charge.amount_minor - objects.refunded_minor(world, charge)
    if not charge.is_captured:
        return _refused(f"Charge {charge.charge_id} has not been captured.", "charge_not_captured", "charge")
    if left <= 0:
        return _refused(f"Charge {charge.charge_id} has already been refunded.", "charge_already_refunded", None)
    asked = form.get("amount", str(left))
    if not asked.isdigit() or int(asked) < 1:
        return _refused(f"Invalid positive integer: {asked}", "parameter_invalid_integer", "amount")
    if int(asked) > left:
        return _refused(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", None, "amount")
    return _commit(world, charge, int(asked), form)


def _charge(world: World, form: dict[str, str]) -> Charge | Response:
    if form.get("charge"):
        charge = world.charges.find(form["charge"])
        return charge or _refused(f"No such charge: '{form['charge']}'", "resource_missing", "charge")
    if form.get("payment_intent"):
        wanted = form["payment_intent"]
        charge = next((item for item in world.charges.tail if item.payment_intent_id == wanted), None)
        return charge or _refused(f"No such payment_intent: '{wanted}'", "resource_missing", "payment_intent")
    return _refused(
        "One of the following params should be provided: payment_intent or charge.", "parameter_missing", None
    )


def _commit(world: World, charge: Charge, amount: int, form: dict[str, str]) -> dict[str, Any]:
    state = world.state("stripe")
    count = state["refunds_made"] = state.get("refunds_made", 0) + 1
    refund_id = f"re_3{token(world.seed, 'refund', charge.charge_id, count)}"
    now = world.clock.advance(0.001)
    refund = Refund(
        refund_id=900_000_000 + count,
        order_number=charge.order_number,
        sequence=count,
        created_at=now,
        lines=(RefundLine(0, 0, "", 0, amount, 0, False),),
        tender_id=0,
        stripe_refund_id=refund_id,
        charge_id=charge.charge_id,
        reason=form.get("reason", ""),
    )
    # A refund takes no fee back: the processing fee of the charge stays with the processor.
    movement = Movement(
        movement_id=f"txn_3{token(world.seed, 'refund movement', refund_id)}",
        kind="refund", amount_minor=-amount, fee_parts=(), occurred_at=now, available_at=now, source_id=refund_id,
        charge_id=charge.charge_id, order_number=charge.order_number, payout_id=None,
    )  # fmt: skip
    metadata = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
    state.setdefault("refund_metadata", {})[refund_id] = metadata
    refunded = state.setdefault("refunded", {})
    refunded[charge.charge_id] = refunded.get(charge.charge_id, 0) + amount
    world.refunds.append(refund)
    world.movements.append(movement)
    world.effects.record("stripe", "refund_created", metadata.get("record_key") or refund_id)
    events.refund_at_processor(world, refund)
    return objects.refund(world, refund)


def _refused(message: str, code: str | None, param: str | None) -> Response:
    error = {"message": message, "type": "invalid_request_error", "code": code, "param": param}
    return JSONResponse({"error": {key: value for key, value in error.items() if value is not None}}, 400)
