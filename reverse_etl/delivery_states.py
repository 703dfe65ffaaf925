"""The life of a delivery as one table of transitions; whatever is not in it can not be written.

planned → sending → accepted | rejected | in_doubt; in_doubt → accepted | rejected | sending; planned → superseded.
`sending → planned` is the release of a delivery which certainly had no effect (the destination asked to wait, or its
batch was refused for another record's fault): it goes out with the next push.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    SUPERSEDED = "superseded"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.SENDING, State.SUPERSEDED}),
    State.SENDING: frozenset({State.ACCEPTED, State.REJECTED, State.IN_DOUBT, State.PLANNED}),
    State.IN_DOUBT: frozenset({State.ACCEPTED, State.REJECTED, State.SENDING}),
    State.ACCEPTED: frozenset(),
    State.REJECTED: frozenset(),
    State.SUPERSEDED: frozenset(),
}

# A record has at most one delivery in these states: two intentions at once for one record would race each other.
OPEN = (State.PLANNED, State.SENDING, State.IN_DOUBT)
UNSETTLED = (State.SENDING, State.IN_DOUBT)


def sources(target: State) -> tuple[State, ...]:
    """The states from which `target` may be reached."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)
