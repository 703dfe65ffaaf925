"""Our share of an operation's token bucket at a vendor; the rest is the connector's, which asks the same operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class CallBudget:
    """At most `burst` calls at once and `per_second` on the long run. Knows nothing of what others take."""

    per_second: float
    burst: int
    now: Callable[[], float]
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._filled_at = float(self.burst), self.now()

    @property
    def tokens(self) -> float:
        now = self.now()
        self._tokens = min(float(self.burst), self._tokens + (now - self._filled_at) * self.per_second)
        self._filled_at = now
        return self._tokens

    @property
    def is_full(self) -> bool:
        """A call that is not made now is lost."""
        return self.tokens >= self.burst

    def take(self) -> bool:
        """Use one call; False where there is none."""
        if self.tokens < 1:
            return False
        self._tokens -= 1
        return True

    def drain(self) -> None:
        """The vendor has refused: somebody took more than we thought, so wait until one has grown."""
        self._tokens, self._filled_at = 0.0, self.now()
