"""Reads what an event only points at, through the platform's own client: opened once per account and kept."""

from __future__ import annotations

import httpx

from pipelines.extract import connector
from pipelines.intake import fetching
from pipelines.intake.rows import Pointer, Told
from pipelines.settings import connections


class Pointers:
    """Call it with a pointer; used from one thread at a time. Raises the connector's errors."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], httpx.Client] = {}

    def __call__(self, pointer: Pointer) -> tuple[Told, ...]:
        client = self._client(pointer.platform, pointer.account_id)
        return fetching.fetch(pointer, client) if client is not None else ()

    def _client(self, platform: str, account_id: str) -> httpx.Client | None:
        """None where the account is not configured for reading: its events are all that is known of it."""
        if (platform, account_id) not in self._clients:
            declared = connector(platform)
            for connection in connections(platform, declared.credentials):
                self._clients.setdefault((platform, connection.account_id), declared.connect(connection))
        return self._clients.get((platform, account_id))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
