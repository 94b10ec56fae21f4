"""Who opened least lately goes first, and nobody's place is lost."""

import asyncio
import gc
import weakref
from contextlib import suppress

import pytest

from lms.hours.consumers.door import Door, Replaced


async def came(door: Door, rank: float, name: str, order: list[str]) -> None:
    async with door.passed(name, rank):
        order.append(name)
        await asyncio.sleep(0)


async def test_the_lowest_rank_goes_first_and_of_the_same_the_longest_waiting() -> None:
    door, order = Door(1), list[str]()
    async with door.passed("first", 0):
        visits = [
            asyncio.create_task(came(door, rank, name, order))
            for rank, name in [(20, "hog"), (1, "alice"), (20, "hog again"), (1, "bob"), (0, "charlie")]
        ]
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(*visits)

    assert order == ["charlie", "alice", "bob", "hog", "hog again"]


async def test_as_many_pass_at_once_as_there_are_places() -> None:
    door, inside, most = Door(3), 0, 0

    async def visit(whose: int) -> None:
        nonlocal inside, most
        async with door.passed(whose, 0):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(visit(whose) for whose in range(20)))

    assert (inside, most) == (0, 3)


async def test_who_leaves_while_waiting_or_at_their_turn_takes_no_place_along() -> None:
    door, order = Door(1), list[str]()
    async with door.passed("first", 0):
        leaves, chosen = (asyncio.create_task(came(door, rank, f"gone {rank}", order)) for rank in (0, 1))
        stays = asyncio.create_task(came(door, 2, "stays", order))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.sleep(0)
    chosen.cancel()  # its turn has come, and it does not know it yet
    await asyncio.gather(leaves, chosen, stays, return_exceptions=True)
    await came(door, 0, "later", order)

    assert order == ["stays", "later"]


async def test_who_comes_again_takes_the_place_of_the_errand_that_they_left_at_the_door() -> None:
    door, order = Door(1), list[str]()
    async with door.passed("alice", 0):
        left = asyncio.create_task(came(door, 1, "bob", order))
        await asyncio.sleep(0)
        back = asyncio.create_task(came(door, 2, "bob", order))
        # Alice is inside; what she brings meanwhile waits like anybody's.
        more = asyncio.create_task(came(door, 3, "alice", order))
        await asyncio.sleep(0)
        with pytest.raises(Replaced):
            await left
    await asyncio.gather(back, more)
    await came(door, 0, "later", order)

    assert order == ["bob", "alice", "later"]


async def test_a_fault_inside_gives_the_place_back() -> None:
    door, order = Door(1), list[str]()
    try:
        async with door.passed("first", 0):
            raise ValueError
    except ValueError:
        await came(door, 0, "next", order)

    assert order == ["next"]


async def test_nothing_of_who_was_replaced_waits_for_the_garbage_collector() -> None:
    """What is old is collected nearly never, and an errand holds its socket."""
    door = Door(1)

    class Socket:
        async def comes(self) -> None:
            with suppress(Replaced):
                async with door.passed("alice", 0):
                    pass

    socket = Socket()
    gone = weakref.ref(socket)
    gc.collect()
    gc.disable()
    try:
        async with door.passed("first", 0):
            errands = [asyncio.create_task(each.comes()) for each in (socket, Socket())]
            del socket
            await errands[0]
            del errands[0]
            await asyncio.sleep(0)
            left = gone()
    finally:
        gc.enable()
    await asyncio.gather(*errands)

    assert left is None
