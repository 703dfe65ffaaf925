"""The life of a delivery as one table of transitions; whatever is not in it can not be written.

planned → approved → sending → accepted | rejected | in_doubt; in_doubt → (looked up) → accepted | rejected | sending.
`sending → approved` is the release of a delivery which certainly had no effect (the destination asked to wait, or its
batch was refused for another record's fault): it goes out again when it is due. What has not been sent may be
superseded by a newer plan, or handed to a human, who ends it or gives it back: then it is a doubt, and looked up.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    PLANNED = "planned"
    APPROVED = "approved"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    SUPERSEDED = "superseded"
    HANDED_OFF = "handed_off"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.SUPERSEDED, State.HANDED_OFF}),
    State.APPROVED: frozenset({State.SENDING, State.SUPERSEDED, State.HANDED_OFF}),
    State.SENDING: frozenset({State.ACCEPTED, State.REJECTED, State.IN_DOUBT, State.APPROVED}),
    State.IN_DOUBT: frozenset({State.ACCEPTED, State.REJECTED, State.SENDING, State.HANDED_OFF}),
    State.HANDED_OFF: frozenset({State.ACCEPTED, State.IN_DOUBT}),
    State.ACCEPTED: frozenset(),
    State.REJECTED: frozenset(),
    State.SUPERSEDED: frozenset(),
}

# Not begun: a newer plan replaces them.
UNSENT = (State.PLANNED, State.APPROVED)
# Perhaps with effect: settled before anything new is made of their record.
UNSETTLED = (State.SENDING, State.IN_DOUBT, State.HANDED_OFF)
# A record has at most one delivery in these states: two intentions at once for one record would race each other.
OPEN = (*UNSENT, *UNSETTLED)


def sources(target: State) -> tuple[State, ...]:
    """The states from which `target` may be reached."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)
