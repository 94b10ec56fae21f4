"""The books see a loss and a gain wherever there is one, and neither in what was in doubt."""

from tests.faults.books import Books


def watched(*positions_ms: int) -> Books:
    books = Books()
    for seq, position_ms in enumerate(positions_ms, start=1):
        books.sent(seq, position_ms)
    return books


def verdict(books: Books) -> tuple[int, int]:
    return books.lost_ms, books.gained_ms


def test_it_balances_when_every_answer_is_kept() -> None:
    books = watched(0, 1_000, 2_000)
    books.promised(1, 0, 0)
    books.promised(2, 990, 990)
    books.promised(3, 1_000, 1_990)

    books.closed(1_990, 2_000)

    assert verdict(books) == (0, 0)


def test_it_takes_a_beat_in_doubt_for_neither_whether_it_counted_or_not() -> None:
    counted, forgotten = watched(0, 1_000, 2_000), watched(0, 1_000, 2_000)
    for books in (counted, forgotten):
        books.promised(1, 0, 0)
        books.promised(2, 1_000, 1_000)

    counted.told(3, 2_000)
    forgotten.told(2, 1_000)

    assert verdict(counted) == (0, 0)
    assert verdict(forgotten) == (0, 0)


def test_it_sees_an_acknowledgement_that_was_forgotten() -> None:
    books = watched(0, 1_000, 2_000)
    books.promised(1, 0, 0)
    books.promised(2, 1_000, 1_000)

    books.told(1, 0)

    assert verdict(books) == (1_000, 0)
    assert books.lost_acks == 1


def test_it_sees_a_loss_between_two_answers() -> None:
    books = watched(0, 1_000, 2_000)
    books.promised(1, 0, 0)
    books.promised(2, 1_000, 1_000)

    books.promised(3, 1_000, 1_000)

    assert verdict(books) == (1_000, 0)


def test_it_sees_a_ledger_that_holds_less_than_was_promised() -> None:
    books = watched(0, 1_000)
    books.promised(1, 0, 0)
    books.promised(2, 1_000, 1_000)

    books.closed(400, 1_000)

    assert verdict(books) == (600, 0)


def test_it_sees_a_beat_that_was_counted_twice() -> None:
    books = watched(0, 1_000, 9_000)
    books.promised(1, 0, 0)
    books.promised(2, 1_000, 1_000)

    books.told(2, 2_000)

    assert verdict(books) == (0, 1_000)


def test_it_sees_more_than_a_beat_in_doubt_can_hold() -> None:
    books = watched(0, 1_000, 1_500)
    books.promised(1, 0, 0)
    books.promised(2, 800, 800)

    books.told(3, 1_500)

    assert verdict(books) == (0, 200)


def test_it_sees_more_than_was_watched() -> None:
    books = watched(0, 1_000)
    books.promised(1, 0, 0)
    books.promised(2, 1_200, 1_200)

    books.closed(1_200, 1_000)

    assert verdict(books) == (0, 200)
