"""Files that a process which dies at any moment leaves whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Iterator


def replace_json(path: Path, value: Any) -> None:
    """Writes a document beside the old one and puts it in its place."""
    beside = path.with_suffix(path.suffix + ".new")
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; one that a crash cut short is left out."""
    if not path.exists():
        return
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                return


class LineLog:
    """Appends JSON lines, each on disk before `write` returns. Opening it drops what a crash left behind the last whole line."""

    def __init__(self, path: Path, keep: Any = lambda line: True):
        kept = [line for line in read_lines(path) if keep(line)]
        beside = path.with_suffix(path.suffix + ".new")
        with open(beside, "w", encoding="utf-8") as file:
            for line in kept:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        self._file = open(path, "a", encoding="utf-8")

    def write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
