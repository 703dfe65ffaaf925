"""A sequence in order of time whose old part is computed when asked for.

A million generic facts would be gigabytes as objects: `head(i)` derives the i-th from the seed, `tail` holds the few
hundred that were written by hand or happened since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


def _no_head(position: int) -> Any:
    raise IndexError(position)


class Timeline(Sequence[T], Generic[T]):
    """Oldest first. The head is strictly older than the tail, and never changes."""

    def __init__(
        self,
        at: Callable[[T], datetime],
        key: Callable[[T], str],
        tail: Sequence[T] = (),
        head: Callable[[int], T] = _no_head,
        head_length: int = 0,
        head_position: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._at = at
        self._key = key
        self._head = head
        self._head_position = head_position
        self.head_length = head_length
        self.tail: list[T] = sorted(tail, key=at)
        self._places = {key(item): place for place, item in enumerate(self.tail)}

    def __len__(self) -> int:
        return self.head_length + len(self.tail)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._get(position) for position in range(*index.indices(len(self)))]
        return self._get(range(len(self))[index])

    def __iter__(self) -> Iterator[T]:
        return (self._get(position) for position in range(len(self)))

    def _get(self, position: int) -> T:
        if position < self.head_length:
            return self._head(position)
        return self.tail[position - self.head_length]

    def since(self, moment: datetime) -> int:
        """Index of the first item at or after the moment (binary search, so cheap on a long head)."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._at(self._get(middle)) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def position(self, key: str) -> int | None:
        """Index of the item with this id, for `starting_after` and reads by id."""
        if key in self._places:
            return self.head_length + self._places[key]
        found = self._head_position(key)
        return found if found is not None and self._key(self._get(found)) == key else None

    def find(self, key: str) -> T | None:
        """The item with this id."""
        position = self.position(key)
        return None if position is None else self._get(position)

    def append(self, item: T) -> None:
        """Add a newer item."""
        self.tail.append(item)
        self.tail.sort(key=self._at)
        self._places = {self._key(item): place for place, item in enumerate(self.tail)}

    def replace(self, item: T) -> None:
        """Change an item of the tail (found by its id)."""
        self.tail[self._places[self._key(item)]] = item
