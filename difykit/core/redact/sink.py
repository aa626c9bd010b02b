"""Where the output of programs is kept: whole lines, redacted, as soon as they are whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO

_MOST = 1 << 20


class Sink:
    """A file that takes bytes in any pieces and keeps no secret of them, also none that two pieces share."""

    def __init__(self, file: IO[bytes], clean: Callable[[str], str]) -> None:
        self._file = file
        self._clean = clean
        self._pending = b""

    def write(self, chunk: bytes) -> None:
        """Keep the lines that end in this piece; the rest waits for its end."""
        *lines, self._pending = re.split(rb"(?<=[\r\n])", self._pending + chunk)
        if len(self._pending) > _MOST:
            lines, self._pending = [*lines, self._pending], b""
        if lines:
            self._file.write(b"".join(map(self._cleaned, lines)))

    def close(self) -> None:
        """Keep what has no end, and close the file."""
        if self._pending:
            self._file.write(self._cleaned(self._pending))
        self._file.close()

    def _cleaned(self, line: bytes) -> bytes:
        return self._clean(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
