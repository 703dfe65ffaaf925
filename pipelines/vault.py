"""What platforms answered, byte for byte: each answer kept once, compressed, under the digest of its bytes.

A raw row names the answers it came in (`_answers`), so that any number leads back to the very bytes a platform sent.
Only answers that hold data are kept: what an access token was bought with, or a refusal, never is.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A type alone: who only reads answers back waits for no HTTP library.
    import httpx

# Marks a request for data; the ones a client makes to authenticate itself do not carry it.
DATA = "cartwheel.data"
FOLDER = "answers"
# How long an answer outlives the last raw row that came in it: a plan pushed from such a row can still be explained.
KEPT_DAYS = 30
_SECONDS_A_DAY = 86_400


class Vault:
    """A folder of answers: `<platform>/<first two digits>/<SHA-256>.gz`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, platform: str, content: bytes) -> str:
        """The SHA-256 of the bytes, in hex, once they are stored; the same bytes are stored once."""
        digest = hashlib.sha256(content).hexdigest()
        file = self._file(platform, digest)
        if file.exists():
            file.touch()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all, also for a process that dies here.
            unfinished = file.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(gzip.compress(content, compresslevel=4, mtime=0))
            unfinished.replace(file)
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes of a digest; raises KeyError when none are kept, ValueError when they are no longer the same."""
        found = sorted(self._folder.glob(f"*/{digest[:2]}/{digest}.gz")) if digest.isalnum() else []
        if not found:
            raise KeyError(digest)
        content = gzip.decompress(found[0].read_bytes())
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"the bytes kept as {digest} are other bytes now")
        return content

    def old(self, platform: str, now: float) -> dict[str, Path]:
        """Digest → file of a platform's answers that were not sent again for KEPT_DAYS. `now`: Unix seconds."""
        return {
            file.stem: file
            for file in (self._folder / platform).glob("*/*")
            if file.stat().st_mtime < now - KEPT_DAYS * _SECONDS_A_DAY
        }

    def _file(self, platform: str, digest: str) -> Path:
        return self._folder / platform / digest[:2] / f"{digest}.gz"


@contextmanager
def listening(client: httpx.Client, vault: Vault, platform: str) -> Iterator[Callable[[], list[str]]]:
    """Keeps every answer with data that a client gets; the function yielded names those since it was last called.

    A page cut out of an answer that was named before is of that answer again.
    """
    heard: list[str] = []
    last: list[str] = []

    def hear(response: httpx.Response) -> None:
        if response.request.extensions.get(DATA) and not response.is_error:
            heard.append(vault.keep(platform, response.read()))

    def named() -> list[str]:
        if heard:
            last[:] = dict.fromkeys(heard)
            heard.clear()
        return list(last)

    client.event_hooks["response"].append(hear)
    try:
        yield named
    finally:
        client.event_hooks["response"].remove(hear)
