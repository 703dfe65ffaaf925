"""The documents as data: their code blocks, links, headings and commands. Nothing here knows what they should say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
EVERYTHING = [*GUIDES, *RUNBOOKS, *DECISIONS, ROOT / "GLOSSARY.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TOP_FOLDERS = "bench|docs|orchestration|pipelines|reverse_etl|sandbox|tests|transform"
PATH = re.compile(rf"`((?:{TOP_FOLDERS})/[\w./-]+)`")


@dataclass(frozen=True)
class Piece:
    """A piece of a document and where it begins; printed by pytest as the test's name."""

    file: Path
    line: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def blocks(language: str, files: list[Path] = GUIDES) -> list[Piece]:
    """Code blocks of a language."""
    return [
        Piece(file, _line(text, found.start()) + 1, found.group(2))
        for file, text in _texts(files)
        for found in BLOCK.finditer(text)
        if found.group(1) == language
    ]


def commands(program: str, files: list[Path] = GUIDES) -> list[Piece]:
    """Lines of bash blocks that call a program."""
    return [
        Piece(block.file, block.line + number, line)
        for block in blocks("bash", files)
        for number, line in enumerate(block.text.splitlines())
        if line.split() and line.split()[0] == program
    ]


def mentions(program: str, files: list[Path] = EVERYTHING) -> list[Piece]:
    """A program called in running text; an ellipsis marks what is not a whole command."""
    return [
        Piece(file, _line(text, found.start()), found.group(1))
        for file, text in _texts(files)
        for found in INLINE.finditer(BLOCK.sub(_blank, text))
        if found.group(1).startswith(f"{program} ") and "…" not in found.group(1)
    ]


def words(piece: Piece) -> list[str]:
    """A command's arguments, without the program and without a comment."""
    return shlex.split(piece.text, comments=True)[1:]


def links(files: list[Path] = EVERYTHING) -> Iterator[tuple[Piece, Path, str]]:
    """Links inside the repository: where they stand, the file they name, and the heading after the hash sign."""
    for file, text in _texts(files):
        for found in LINK.finditer(BLOCK.sub(_blank, text)):
            if "://" not in found.group(1):
                target, _, heading = found.group(1).partition("#")
                yield (
                    Piece(file, _line(text, found.start()), found.group(1)),
                    file.parent / target if target else file,
                    heading,
                )


def paths(files: list[Path] = EVERYTHING) -> list[Piece]:
    """Paths of the repository named in running text."""
    return [
        Piece(file, _line(text, found.start()), found.group(1))
        for file, text in _texts(files)
        for found in PATH.finditer(text)
    ]


def headings(file: Path) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub(_blank, file.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def between(file: Path, start: str, end: str) -> str:
    """What stands between two marker lines of a document."""
    return file.read_text().partition(f"<!-- {start} -->\n")[2].partition(f"<!-- {end} -->")[0].strip()


def text_of(files: list[Path] = GUIDES) -> str:
    return "\n".join(file.read_text() for file in files)


def _texts(files: list[Path]) -> Iterator[tuple[Path, str]]:
    for file in files:
        yield file, file.read_text()


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _blank(found: re.Match[str]) -> str:
    """As many lines as the block had, so that line numbers after it hold."""
    return "\n" * found.group(0).count("\n")
