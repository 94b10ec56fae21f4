"""What one learner was promised and what the server turned out to hold: lost and gained milliseconds. Pure.

Promises are acknowledgements. The truth is what the server tells when a session is opened again, the figures of later
acknowledgements, and at the end the ledger itself. A beat whose answer never came is *in doubt*: it may have counted
for what the media moved, or not at all. Neither is a loss or a gain; everything else that does not add up is.
"""

from dataclasses import dataclass, field


@dataclass
class Books:
    """`known_*` is the last truth that was promised: this sequence number, and this much earned by the lesson."""

    known_seq: int = 0
    known_ms: int = 0
    acks: int = 0
    lost_acks: int = 0
    lost_ms: int = 0
    unearned_ms: int = 0
    ahead_ms: int = 0
    positions: dict[int, int] = field(default_factory=lambda: {0: 0})
    acked: dict[int, int] = field(default_factory=dict)

    @property
    def gained_ms(self) -> int:
        """What nobody earned: more than was promised and in doubt, or more than time passed."""
        return self.unearned_ms + self.ahead_ms

    def sent(self, seq: int, position_ms: int) -> None:
        self.positions[seq] = position_ms

    def promised(self, seq: int, credited_ms: int, lesson_ms: int) -> None:
        """An acknowledgement: this beat earned so much, the lesson so much in all."""
        if seq in self.acked:
            # Counted twice, whatever the totals say.
            self.unearned_ms += credited_ms
        self._settle(lesson_ms - credited_ms, seq - 1)
        self.ahead_ms = max(self.ahead_ms, lesson_ms - self.positions[seq])
        self.acks += 1
        self.acked[seq] = credited_ms
        self.known_seq, self.known_ms = max(seq, self.known_seq), lesson_ms

    def told(self, last_seq: int, lesson_ms: int) -> None:
        """The session was opened again: the server's last number, and what it holds of the lesson."""
        self.lost_acks += sum(1 for seq in self.acked if seq > last_seq)
        self.acked = {seq: ms for seq, ms in self.acked.items() if seq <= last_seq}
        self._settle(lesson_ms, last_seq)
        self.known_seq, self.known_ms = last_seq, lesson_ms

    def closed(self, ledger_ms: int, watched_ms: int) -> None:
        """The end: nothing is in doubt, and the ledger may hold neither less than promised nor more than passed."""
        self._settle(ledger_ms, self.known_seq)
        self.ahead_ms = max(self.ahead_ms, ledger_ms - watched_ms)
        self.known_ms = ledger_ms

    def _settle(self, truth_ms: int, last_seq: int) -> None:
        self.lost_ms += max(0, self.known_ms - truth_ms)
        in_doubt = [seq for seq in self.positions if self.known_seq < seq <= last_seq]
        could_ms = max((self.positions[seq] for seq in in_doubt), default=0) - self.positions[self.known_seq]
        self.unearned_ms += max(0, truth_ms - self.known_ms - max(0, could_ms))
