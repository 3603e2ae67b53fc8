"""Lines out of the pieces in which output comes."""

from __future__ import annotations

from localcloud.runtime.container import Output

LONGEST = 256 * 1024  # bytes: the largest event CloudWatch Logs takes


class Lines:
    """Hands each whole line over; what is longer than `LONGEST` bytes in pieces."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rest = b""

    def add(self, piece: bytes) -> None:
        """What came next."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._emit(line)
        if len(self._rest) > LONGEST:
            self.end()

    def end(self) -> None:
        """Nothing more comes: the last line may have no end."""
        if self._rest:
            self._emit(self._rest)
            self._rest = b""

    def _emit(self, line: bytes) -> None:
        self._output(line[:LONGEST].decode(errors="replace").rstrip("\r"))
