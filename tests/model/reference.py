"""The rule of docs/hours.md once more, as plainly as it can be said, for one learner. The model test compares the two.

It shares no code with the product. Media are bits (bit n of a mask is millisecond n of a lesson), so that "not seen
before" is an `& ~`; time is a purse: what passed in this run and no media used up. A piece is a run of credit between
two postings. Milliseconds everywhere; days are those of Asia/Shanghai.
"""

from collections import Counter
from dataclasses import dataclass, field

DAY_MS, ZONE_MS = 86_400_000, 28_800_000
Answer = tuple[int, dict[str, int]]


def bits(lower: int, upper: int) -> int:
    return (1 << upper) - (1 << lower) if lower < upper else 0


def end_of_day(at: int) -> int:
    return ((at + ZONE_MS) // DAY_MS + 1) * DAY_MS - ZONE_MS


def end_of_first(mask: int, ms: int) -> int:
    """Where the first `ms` bits of a mask end."""
    lower, upper = 0, mask.bit_length()
    while lower < upper:
        middle = (lower + upper) // 2
        lower, upper = (lower, middle) if (mask & bits(0, middle)).bit_count() >= ms else (middle + 1, upper)
    return lower


def first_run(mask: int, ms: int) -> tuple[int, int]:
    """The first `ms` bits that stand together; without such, from the first bit to the end of the first `ms`."""
    rest = mask
    while rest:
        lower = (rest & -rest).bit_length() - 1
        ones = rest >> lower
        length = (~ones & (ones + 1)).bit_length() - 1
        if length >= ms:
            return lower, lower + ms
        rest &= ~bits(lower, lower + length)
    return (mask & -mask).bit_length() - 1, end_of_first(mask, ms)


@dataclass
class Seat:
    """A session: one device on one lesson. `since` is when it last took the lease."""

    lesson: str
    device: str
    since: int = 0
    seq: int = 0
    position: int = 0
    tolerance: int = 2_000
    ended_by: str = ""


@dataclass
class Piece:
    began: int
    ended: int
    media_from: int
    media_to: int
    ms: int


@dataclass
class Reference:
    durations: dict[str, int]
    cap: int
    draw: int
    piece_max: int
    unproven_max: int
    holder: Seat | None = None
    last: int | None = None
    playing: bool = False
    visible: bool = False
    purse: int = 0
    late: int = 0  # time that stood still before a run: a slow "play" may claim some of it
    ahead_since: int | None = None
    ahead: int = 0
    busy: int = 0
    today: int = 0
    midnight: int = 0
    piece: Piece | None = None
    gap_since: int | None = None
    gap_used: int = 0
    check_in: int | None = None
    deadline: int | None = None
    provisional: int = 0
    unproven: int = 0
    passed_last: bool = True
    confirmed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    used: Counter[int] = field(default_factory=Counter)  # by the end of the day
    seen: Counter[str] = field(default_factory=Counter)  # masks by lesson
    settled: Counter[str] = field(default_factory=Counter)
    earned: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)  # of what is earned, what no check can take back
    taken: list[tuple[int, int, int]] = field(default_factory=list)

    # What a learner's device does.

    def open(self, seat: Seat, at: int, *, takeover: bool) -> str:
        """Take the lease for a seat, or say why not."""
        held = self.holder is not None and self.holder is not seat
        if held and not takeover and self.holder.device != seat.device and not self._silent(at):  # type: ignore[union-attr]
            return "elsewhere"
        self._lapse(at)
        if self.holder is not seat:
            self._leave(at, "superseded")
            self.holder, self.last, self.purse, self.late, seat.since, seat.ended_by = seat, None, 0, 0, at, ""
            self.playing = self.visible = False
        return ""

    def close(self, seat: Seat, at: int) -> None:
        if self.holder is seat:
            self._leave(at, "closed")

    def beat(
        self, at: int, seq: int, event: str, position: int, came_from: int | None, playing: bool, visible: bool
    ) -> Answer:
        """What a beat of the seat that holds the lease earns, and what is refused."""
        seat, read_at, self.today = self._seat(), at, end_of_day(at)
        position = min(position, self.durations[seat.lesson])
        reached = position
        if event == "seek":
            reached = seat.position if came_from is None else min(came_from, self.durations[seat.lesson])
        held = self._lapse(at) or self.deadline is not None
        at = max(at, self.busy if self.last is None else self.last)
        credited, refused = self._first(read_at) if self.last is None else self._between(at, reached, held)
        goes_on = playing and visible and event != "end" and position == reached
        if self.piece and not (goes_on and position == self.piece.media_to and at - self.piece.began < self.piece_max):
            self._post()
        self.last, self.playing, self.visible, seat.seq, seat.position = at, playing, visible, seq, position
        self.check_in = (self.draw if self.check_in is None else self.check_in) - credited
        if self.deadline is None and self.check_in <= 0 and visible and (playing or event == "end"):
            self.deadline = read_at + 120_000
        self.refused.update(refused)
        return credited, refused

    def answer(self, at: int, *, right: bool) -> bool:
        """Whether the check that waits is passed."""
        if self._lapse(at):
            return False
        if not right:
            self._fail(at)
            return False
        self._post()
        self._confirm()
        self.unproven = 0 if self.passed_last else self.unproven
        self.passed_last, self.deadline, self.check_in = True, None, self.draw
        return True

    # What happens to a learner.

    def sweep(self, at: int) -> None:
        """Checks nobody answered, two minutes after their time; then leases nobody used for two minutes."""
        if self.deadline is not None and self.deadline < at - 120_000:
            self._fail(at)
        if self.holder and self._silent(at):
            self._leave(at, "idle")

    def attend(self, lower: int, upper: int) -> bool:
        """Classroom time, unless any of it is taken."""
        before = self._posted_piece()
        if self._is_taken(lower, upper, before):
            return False
        self._take(lower, upper, upper - lower)
        self.confirmed["attended"] += upper - lower
        return True

    def correct(self, lesson: str, window: tuple[int, int], refused: int, lower: int, upper: int, ms: int) -> bool:
        """Give refused time back, if it is free and the day and the lesson have room."""
        piece = (self.piece.began, self.piece.ended) if self.piece else (0, 0)
        missing = bits(0, self.durations[lesson]) & ~self.seen[lesson]
        day = end_of_day(lower)
        if not (0 < ms <= min(refused, upper - lower, missing.bit_count(), self.cap - self.used[day])):
            return False
        if not (window[0] <= lower < upper <= min(window[1], day)) or self._is_taken(lower, upper, piece):
            return False
        self._take(lower, upper, ms)
        media = bits(*first_run(missing, ms))
        self.seen[lesson] |= media
        self.settled[lesson] |= media
        self.earned[lesson] += ms
        self.kept[lesson] += ms
        self.used[day] += ms
        self.confirmed["studied"] += ms
        return True

    # The rule.

    def _first(self, read_at: int) -> Answer:
        self._new_day()
        self.late = 0 if self.deadline is not None else min(max(0, read_at - self._seat().since), 10_000)
        return 0, {}

    def _between(self, at: int, reached: int, held: bool) -> Answer:
        seat = self._seat()
        assert self.last is not None
        elapsed, advance, refused = at - self.last, max(0, reached - seat.position), Counter[str]()
        if held or not (self.playing and self.visible):
            self._post()
            self._new_day()
            self.purse, self.late = 0, 0 if held else min(self.late + self.purse + elapsed, 10_000)
            code = "paused" if not self.playing else "check_unanswered" if self.visible else "hidden"
            return 0, {code: advance} if advance else {}
        if elapsed > 120_000:
            return self._refuse("gap", advance)
        taken = max(0, min(self.busy, at) - self.last)
        if taken:  # somebody else's hour: the rest of the interval may count
            self._post()
            skipped = min(taken, advance)
            refused["overlap"] = skipped
            self.last, seat.position, self.purse, self.late = self.last + taken, seat.position + skipped, 0, 0
            elapsed, advance = elapsed - taken, advance - skipped
        self.purse += min(self.late, 5_000 + elapsed // 2, max(0, self.last - (self.midnight - DAY_MS)))
        self.late = 0
        if self.ahead_since is not None and at - self.ahead_since >= 3_600_000:
            self.ahead_since, self.ahead = None, 0
        ahead = advance - self._available(at)
        if ahead > min(seat.tolerance, 2_000 - self.ahead):
            return 0, +(refused + Counter(self._refuse("too_fast", advance)[1]))
        if elapsed > 75_000 and not self._bridge(at, elapsed - 15_000):
            return 0, +(refused + Counter(self._refuse("gap", advance)[1]))
        if ahead > 0:
            seat.tolerance, self.ahead = seat.tolerance - ahead, self.ahead + ahead
            self.ahead_since = at if self.ahead_since is None else self.ahead_since
        to, credited = seat.position + advance, 0
        if at > self.midnight and at > self.last:
            share = advance * (max(0, self.midnight - self.last) + self.purse) // (elapsed + self.purse)
            credited = self._credit(self.midnight, seat.position + share, refused)
            self._post()
            self.last, seat.position, self.purse = max(self.last, self.midnight), seat.position + share, 0
            self._new_day()
        return credited + self._credit(at, to, refused), dict(+refused)

    def _bridge(self, at: int, silence: int) -> bool:
        """Whether the hour's budget of silence holds so much more."""
        if self.gap_since is None or at - self.gap_since >= 3_600_000:
            self.gap_since, self.gap_used = at, 0
        bridged = self.gap_used + silence <= 180_000
        self.gap_used += silence if bridged else 0
        return bridged

    def _credit(self, at: int, to: int, refused: Counter[str]) -> int:
        """min(time, advance, new media, what is left of the day)."""
        seat = self._seat()
        assert self.last is not None
        available, advance = self._available(at), to - seat.position
        new = bits(seat.position, to) & ~self.seen[seat.lesson]
        earned = min(available, new.bit_count())
        credited = min(earned, max(0, self.cap - self.used[self.midnight]))
        refused["already_covered"] += advance - new.bit_count()
        refused["capped"] += earned - credited
        if credited < earned:
            to = end_of_first(new, credited)
        began, self.purse = max(self.busy, self.last - self.purse), min(max(0, available - advance), 120_000)
        if credited:
            self.piece = self.piece or Piece(began, at, seat.position, to, 0)
            self.piece.ended, self.piece.media_to, self.piece.ms = at, to, self.piece.ms + credited
            self.seen[seat.lesson] |= bits(seat.position, to)
            self.used[self.midnight] += credited
            self.earned[seat.lesson] += credited
            self.provisional += credited
        elif advance:
            self._post()
        return credited

    def _available(self, at: int) -> int:
        assert self.last is not None
        passed = max(0, at - self.last) + self.purse
        return passed if self.piece else max(0, min(passed, at - self.busy))

    def _new_day(self) -> None:
        self.midnight = max(self.midnight, self.today)

    def _refuse(self, code: str, advance: int) -> Answer:
        self._post()
        self._new_day()
        self.purse = self.late = 0
        return 0, {code: advance} if advance else {}

    # Posting and settling.

    def _posted_piece(self) -> tuple[int, int]:
        """The time that the piece takes: as much as it earned or saw, and what was spent before its end."""
        if self.piece is None:
            return (0, 0)
        piece = self.piece
        spare = piece.ended - piece.began - max(piece.ms, piece.media_to - piece.media_from)
        return piece.began, piece.ended - max(0, min(self.purse, spare))

    def _post(self) -> None:
        if self.piece:
            lower, upper = self._posted_piece()
            self.taken.append((lower, upper, self.piece.ms))
            self.busy, self.piece = max(self.busy, upper), None

    def _take(self, lower: int, upper: int, ms: int) -> None:
        self._post()
        self.taken.append((lower, upper, ms))
        self.busy = max(self.busy, upper)

    def _is_taken(self, lower: int, upper: int, piece: tuple[int, int]) -> bool:
        return any(a < upper and lower < b for a, b in [piece, *((a, b) for a, b, _ms in self.taken)])

    def _confirm(self) -> None:
        self.confirmed["studied"] += self.provisional
        self.provisional = 0
        self.settled, self.kept = Counter(self.seen), Counter(self.earned)

    def _fail(self, at: int) -> None:
        self._post()
        self.refused["check_unanswered"] += self.provisional
        self.provisional, self.purse, self.late, self.busy = 0, 0, 0, max(at, self.busy)
        self.passed_last = False
        self.seen, self.earned = Counter(self.settled), Counter(self.kept)
        self.deadline, self.check_in = None, self.draw

    def _lapse(self, at: int) -> bool:
        if self.deadline is None or at < self.deadline:
            return False
        self._fail(at)
        return True

    def _leave(self, at: int, reason: str) -> None:
        if self.holder is None:
            return
        self._lapse(at)
        self._post()
        due = self.deadline is not None or (self.check_in is not None and self.check_in <= 0)
        if not due and self.unproven + self.provisional <= self.unproven_max:
            self.unproven += self.provisional
            self._confirm()
        self.holder.ended_by, self.holder = reason, None

    def _silent(self, at: int) -> bool:
        if self.deadline is not None and at < self.deadline:
            return False
        return (self._seat().since if self.last is None else self.last) < at - 120_000

    def _seat(self) -> Seat:
        assert self.holder is not None
        return self.holder
