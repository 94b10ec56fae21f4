"""Days and zones: the day's cap, raced and walked around. The class has a cap of 24 seconds a day."""

import asyncio
import uuid

from tests.attacks.client import beat, codes
from tests.attacks.running import TOLERANCE_MS, Case, attack

CAP_S = 24


@attack("days", ceiling_s=CAP_S, floor_s=CAP_S * 0.6)
async def on_beyond_the_cap(case: Case) -> None:
    lesson = case.stage.lessons["capped"]
    async with case.learner.socket() as socket:
        await socket.opened(lesson)
        answers = await socket.play("0@0 7@7 14@14 21@21 28@28 30@30")
        assert codes(answers) == {"capped"}
        assert (answers[-1]["state"], answers[-1]["day_left_ms"]) == ("capped", 0)
    # What the cap refused can be studied tomorrow: it is not covered.
    assert (await case.learner.coverage(lesson))["covered_ms"] <= CAP_S * 1000 + TOLERANCE_MS


@attack("days", ceiling_s=CAP_S, floor_s=CAP_S * 0.6)
async def a_cap_for_each_lesson(case: Case) -> None:
    async with case.learner.socket() as socket:
        for name in ("capped", "also_capped"):
            await socket.opened(case.stage.lessons[name])
            await socket.play("0@0 7@7 14@14")


@attack("days", ceiling_s=CAP_S)
async def first_where_there_is_no_cap(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5 10@10")
        await socket.opened(case.stage.lessons["capped"])
        await socket.play("0@0 8@8 16@16")


@attack("days", ceiling_s=CAP_S)
async def a_race_for_the_cap(case: Case) -> None:
    lesson, session = case.stage.lessons["capped"], str(uuid.uuid4())
    opening = {"type": "open", "session": session, "lesson": lesson, "device": "device-one"}
    await case.learner.messages([opening, beat(1, 0)])
    for step in range(1, 10):
        await asyncio.sleep(3)
        await asyncio.gather(*(case.learner.messages([beat(step * 10 + i, step * 3)], session) for i in range(5)))


@attack("days", ceiling_s=CAP_S)
async def a_race_of_two_devices_for_the_cap(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        for turn in range(5):
            for socket, name in ((one, "capped"), (other, "also_capped")):
                await socket.opened(case.stage.lessons[name], device=f"phone-{name}", takeover=True)
                await socket.play(f"0@{turn * 3} 3@{turn * 3 + 3}")


@attack("days", ceiling_s=CAP_S)
async def walking_through_the_zones(case: Case) -> None:
    for step, zone in enumerate(("Pacific/Kiritimati", "Asia/Shanghai", "Pacific/Pago_Pago")):
        headers = {"X-Timezone": zone, "Time-Zone": zone, "Cookie": f"timezone={zone}; django_timezone={zone}"}
        async with case.learner.socket(headers=headers) as socket:
            await socket.opened(case.stage.lessons["capped"])
            await socket.play(f"0@{step * 10} 10@{step * 10 + 10}")


@attack("days", ceiling_s=0)
async def a_day_of_the_clients_choice(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for fields in ({"day": "2026-03-03"}, {"zone": "UTC"}, {"tz_offset": -720}, {"date": "tomorrow"}):
            assert (await socket.ask(beat(1, 0, **fields)))["code"] == "bad_message"


@attack("days", ceiling_s=CAP_S)
async def a_new_session_for_a_new_day(case: Case) -> None:
    async with case.learner.socket() as socket:
        for turn in range(4):
            opened = await socket.opened(case.stage.lessons["capped"])
            assert opened["day_left_ms"] <= CAP_S * 1000 - turn * 4_000
            await socket.play(f"0@{turn * 7} 7@{turn * 7 + 7}")
            await socket.close()
