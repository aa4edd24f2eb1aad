"""How far a reader is behind its station, without a clock in common."""

from __future__ import annotations


class Lateness:
    """Compares the station's monotonic stamps with the reader's own clock, message by message.

    The two clocks have nothing in common but their pace, so the quickest message of a station's life counts as one
    that came at once; what others take longer is how far behind the reader is.
    """

    def __init__(self) -> None:
        self._boot_id = ""
        self._least_ns = 0

    def behind_s(self, boot_id: str, written_ns: int, read_ns: int) -> float:
        """Seconds that a message waited longer than the quickest one of the same start of the station.

        Args:
            boot_id: of the message.
            written_ns: the station's monotonic clock when it was written.
            read_ns: the reader's monotonic clock now.
        """
        way_ns = read_ns - written_ns
        if boot_id != self._boot_id:
            self._boot_id, self._least_ns = boot_id, way_ns
        self._least_ns = min(self._least_ns, way_ns)
        return (way_ns - self._least_ns) / 1e9
