"""Who is sending: one name per push, and whether another's name still belongs to a living process.

A claim is a lease, so a worker that died anywhere loses it when the lease ends. One that died on this machine is noticed
at once: it holds a lock file as long as it lives, and the operating system lets go of that whatever ended it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def working(folder: Path) -> Iterator[str]:
    """The name of a new worker, alive until the block ends."""
    name = f"{_place(folder)}/{uuid.uuid4().hex}"
    lock = FileLock(_file(folder, name))
    lock.acquire(timeout=0)
    try:
        yield name
    finally:
        lock.release()
        _file(folder, name).unlink(missing_ok=True)


def is_gone(folder: Path, name: str | None) -> bool:
    """Is this worker certainly dead? Only said of workers that share this folder; of others nobody knows."""
    if not name or name.partition("/")[0] != _place(folder):
        return False
    file = _file(folder, name)
    if not file.exists():
        return True
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    file.unlink(missing_ok=True)
    return True


def _place(folder: Path) -> str:
    """A name for the folder that no other machine's folder of the same path has."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "place"
    if not file.exists():
        try:
            with file.open("x") as made:
                made.write(uuid.uuid4().hex)
        except FileExistsError:
            pass
    return file.read_text()


def _file(folder: Path, name: str) -> Path:
    return folder / f"worker.{name.rpartition('/')[2]}.lock"
