"""The frames that we read and write ourselves are those of the library, and everything else is left to it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from lms.wiring.frames import is_whole, text_frame, text_in
from lms.wiring.mailboxes import Gate, Mailbox

TEXTS = st.one_of(st.binary(max_size=140), st.sampled_from([125, 126, 127, 65_535]).map(bytes))
PAYLOADS = st.one_of(TEXTS, st.just(bytes(65_536)))
FRAMES = st.builds(
    lambda opcode, payload, fin, mask: Frame(opcode, payload, fin=fin).serialize(mask=mask),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    PAYLOADS,
    st.booleans(),
    st.booleans(),
)


def from_client(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, payload, fin=fin).serialize(mask=mask)


@given(TEXTS)
def test_it_reads_a_whole_text_of_a_client(payload: bytes) -> None:
    assert text_in(from_client(payload)) == payload


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(from_client(b"0123456789")[:9], id="half a frame"),
        pytest.param(from_client(bytes(200))[:3], id="half a head"),
        pytest.param(from_client(b"one") + from_client(b"two"), id="two frames"),
        pytest.param(from_client(b"one") + b"\x81", id="a frame and a byte"),
        pytest.param(from_client(b"one", fin=False), id="the first piece of a message"),
        pytest.param(from_client(b"one", Opcode.CONT), id="the last piece of a message"),
        pytest.param(from_client(b"one", Opcode.BINARY), id="bytes"),
        pytest.param(from_client(b"ping", Opcode.PING), id="a ping"),
        pytest.param(from_client(b"\x03\xe8", Opcode.CLOSE), id="a close"),
        pytest.param(from_client(b"unmasked", mask=False), id="an unmasked text"),
        pytest.param(bytes([0xC1]) + from_client(b"one")[1:], id="a compressed text"),
        pytest.param(from_client(bytes(65_536)), id="a text of more than 64 KiB"),
    ],
)
def test_it_leaves_the_rest_to_the_library(data: bytes) -> None:
    assert text_in(data) is None


@given(TEXTS)
def test_a_client_reads_what_it_writes(payload: bytes) -> None:
    reader = StreamReader()
    reader.feed_data(text_frame(payload))
    parsing = Frame.parse(reader.read_exact, mask=False, max_size=None)

    with pytest.raises(StopIteration) as ended:
        next(parsing)

    assert ended.value.value == Frame(Opcode.TEXT, payload)


@given(st.lists(FRAMES, min_size=1, max_size=4), st.data())
def test_it_knows_where_frames_end(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    ends = [sum(map(len, frames[:count])) for count in range(len(frames) + 1)]
    cut = data.draw(st.one_of(st.sampled_from(ends), st.integers(0, len(whole))))

    assert is_whole(whole[:cut]) == (cut in ends)


async def test_a_mailbox_hands_out_the_oldest_first_and_wakes_its_reader() -> None:
    box = Mailbox()
    reading = asyncio.create_task(box.get())
    await asyncio.sleep(0)

    box.put_nowait(1)
    box.put_nowait(2)

    assert await reading == 1
    assert (box.qsize(), box.empty(), await box.get(), box.empty()) == (1, False, 2, True)


async def test_a_reader_that_gave_up_takes_nothing_from_the_next() -> None:
    box = Mailbox()
    reading = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)

    box.put_nowait(1)

    assert await box.get() == 1


async def test_a_gate_lets_everybody_through_when_it_opens() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _one in range(3)]
    await asyncio.sleep(0)
    assert not gate.is_set()
    assert not any(task.done() for task in waiting)

    gate.set()

    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    assert gate.is_set()
