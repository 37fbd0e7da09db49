"""What the server saw, one JSON object a line: for judges, and for whoever wonders."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Log"]


class Log:
    """Keeps everything in memory, and in a file if one was named."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.seen: list[dict[str, object]] = []

    def write(self, event: str, **facts: object) -> None:
        """Add a line; ``statement`` lines carry the SQL as it came."""
        line: dict[str, object] = {"at": round(time.time(), 3), "event": event, **facts}
        with self._lock:
            self.seen.append(line)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, default=str) + "\n")

    def statements(self, *kinds: str) -> list[str]:
        """Return the statements seen, all or those that begin with one of these words."""
        said = [str(line["sql"]) for line in self.seen if line["event"] == "statement"]
        wanted = tuple(kind.lower() for kind in kinds)
        return [sql for sql in said if not wanted or sql.lstrip().lower().startswith(wanted)]
