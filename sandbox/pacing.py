"""Rate limits in real time: a token bucket or fixed window per platform, so that a client that does not pace itself is told so.

The world's clock stands still between events, so limits run on the machine's. `SANDBOX_<PLATFORM>_PER_MINUTE` sets a
platform's limit when the server starts; each twin says in its docstring what the vendor allows and what is default here.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable


class Bucket:
    """`capacity` calls at once, refilled evenly at `per_minute`."""

    def __init__(self, per_minute: float, capacity: float, now: Callable[[], float] = time.monotonic) -> None:
        self.per_minute, self.capacity = per_minute, capacity
        self._now = now
        self._tokens, self._filled_at = capacity, now()

    def take(self) -> bool:
        """Use one token; False when there is none."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def remaining(self) -> int:
        self._refill()
        return int(self._tokens)

    @property
    def seconds_to_next(self) -> int:
        """Whole seconds until one call is allowed again, at least one."""
        return max(1, math.ceil((1 - self._tokens) * 60 / self.per_minute))

    def drain(self) -> None:
        """Use everything up at once, to show a client the refusal."""
        self._tokens, self._filled_at = 0.0, self._now()

    def _refill(self) -> None:
        now = self._now()
        self._tokens = min(self.capacity, self._tokens + (now - self._filled_at) * self.per_minute / 60)
        self._filled_at = now


class Window:
    """`capacity` calls in each fixed window of a minute, however fast; the next window starts full."""

    def __init__(self, capacity: float, now: Callable[[], float] = time.monotonic) -> None:
        self.capacity = capacity
        self._now = now
        self._tokens, self._started_at = capacity, now()

    def take(self) -> bool:
        """Use one token; False when there is none."""
        self._turn()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def remaining(self) -> int:
        self._turn()
        return int(self._tokens)

    @property
    def seconds_to_next(self) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, math.ceil(self._started_at + 60 - self._now()))

    def drain(self) -> None:
        """Use everything up at once, to show a client the refusal."""
        self._tokens, self._started_at = 0.0, self._now()

    def refill(self) -> None:
        """As if the next window had begun."""
        self._tokens, self._started_at = self.capacity, self._now()

    def _turn(self) -> None:
        if self._now() - self._started_at >= 60:
            self.refill()


def window(platform: str, per_minute: int) -> Window:
    """The platform's window, with the operator's limit from the environment if there is one."""
    return Window(int(os.environ.get(f"SANDBOX_{platform.upper()}_PER_MINUTE") or per_minute))


def bucket(platform: str, per_minute: float, capacity: int | None = None) -> Bucket:
    """The platform's bucket, with the operator's limit from the environment if there is one."""
    asked = os.environ.get(f"SANDBOX_{platform.upper()}_PER_MINUTE")
    if asked:
        return Bucket(int(asked), int(asked))
    return Bucket(per_minute, capacity or per_minute)
