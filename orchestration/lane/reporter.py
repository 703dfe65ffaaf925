"""What the lane writes down about itself: its row in the ledger's store every second, its place in the inbox now and then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipelines.intake.inbox import Inbox
from reverse_etl.channel import FLOW
from reverse_etl.lane_states import LaneState
from reverse_etl.ledger import Ledger

# The intake commits to the inbox too, so its readers' places are not written more often.
_PLACE_EVERY = timedelta(seconds=5)


class Reporter:
    """`beat` is called in a thread; what it writes is for people and for the safety net, never for the lane itself."""

    def __init__(self, ledger: Ledger, inbox: Inbox) -> None:
        self._ledger, self._inbox = ledger, inbox
        self._place, self._placed_at = -1, datetime.min.replace(tzinfo=UTC)

    def beat(self, state: LaneState, latencies_ms: Sequence[int]) -> None:
        self._ledger.note_lane(state)
        if state.sequence_confirmed != self._place and state.beat_at - self._placed_at >= _PLACE_EVERY:
            self._inbox.note_position(FLOW, state.sequence_confirmed, state.beat_at)
            self._place, self._placed_at = state.sequence_confirmed, state.beat_at
