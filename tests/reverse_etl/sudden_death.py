"""A pushing process that is gone at a labelled step, as if it had been killed there."""

from __future__ import annotations

from collections.abc import Callable


class Killed(BaseException):
    """The process is gone at this line; nothing of ours may catch it."""


# A push runs its deliveries in a group of tasks, which hands on what ended one of them.
DEATHS = (Killed, BaseExceptionGroup)


def die_at(label: str) -> Callable[[str], None]:
    def step(reached: str) -> None:
        if reached == label:
            raise Killed(label)

    return step
