"""Bad days of honest learners, by name. Each is a day on a phone and the network it had; all are seeded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from tests.honest.phone import Network, Phone, Server, Told, jitter, lived
from tests.timeline import ZONE

GOOD = Network()
WIFI = (50, 400)


@dataclass(frozen=True)
class Story:
    """A day of an honest learner, told once."""

    name: str
    live: Callable[[], Told]


STORIES: list[Story] = []


def story(name: str) -> Callable[[Callable[[], Told]], Callable[[], Told]]:
    def register(live: Callable[[], Told]) -> Callable[[], Told]:
        STORIES.append(Story(name, live))
        return live

    return register


def wifi(seed: int) -> Network:
    return Network(jitter(seed, *WIFI, often=1))


def third_generation(seed: int, outages_s: tuple[tuple[float, float], ...] = ()) -> Network:
    return Network(jitter(seed), outages_s)


@story("an hour without a hitch")
def _() -> Told:
    return lived(Phone().play(3600))


@story("an hour on a household's wifi")
def _() -> Told:
    return lived(Phone().play(3600), wifi(1))


@story("a drop of thirty seconds")
def _() -> Told:
    return lived(Phone().play(1200), Network(outages_s=[(300, 330)]))


@story("two dead spots of ninety seconds")
def _() -> Told:
    return lived(Phone().play(1800), Network(outages_s=[(300, 390), (900, 990)]))


@story("the server restarts three times")
def _() -> Told:
    return lived(Phone().play(1800), Network(outages_s=[(200, 212), (700, 715), (1300, 1340)]))


@story("a train with a tunnel every two minutes")
def _() -> Told:
    outages = tuple((at, at + 20 + at % 21) for at in range(60, 3600, 120))
    return lived(Phone().play(3600), Network(outages_s=outages))


@story("an hour in a 3G cell")
def _() -> Told:
    return lived(Phone().play(3600), third_generation(3))


@story("a 3G cell with dead spots")
def _() -> Told:
    return lived(Phone().play(3600), third_generation(5, ((600, 640), (1500, 1585), (2500, 2530))))


@story("the first beat is three seconds late")
def _() -> Told:
    late = iter([3_000])
    return lived(Phone().play(1200), Network(lambda: next(late, 60)))


@story("the first beat is eight seconds late")
def _() -> Told:
    late = iter([8_000])
    return lived(Phone().play(1200), Network(lambda: next(late, 60)))


@story("a new lesson every three minutes in a 3G cell")
def _() -> Told:
    server, told = Server(), Told(0, 0, {})
    truth_ms, at_ms, position_ms = 0, 0, 0
    for lesson in range(20):
        phone = Phone(at_ms=at_ms, position_ms=position_ms).play(180).pause(5)
        told = lived(phone, third_generation(lesson), server)
        truth_ms += told.truth_ms
        at_ms, position_ms = phone.at_ms + 20_000, phone.position_ms
    return Told(told.credited_ms, truth_ms, told.refused)


@story("the beat of the tenth minute is three seconds late")
def _() -> Told:
    count = iter(range(10_000))
    return lived(Phone().play(1200), Network(lambda: 3_060 if next(count) == 40 else 60))


@story("the player waits for data every minute")
def _() -> Told:
    phone = Phone()
    for _turn in range(30):
        phone.play(60).stall(7)
    return lived(phone, wifi(7))


@story("long stalls of a full minute")
def _() -> Told:
    phone = Phone()
    for _turn in range(10):
        phone.play(150).stall(60)
    return lived(phone)


@story("back ten seconds, twenty times")
def _() -> Told:
    phone = Phone()
    for _turn in range(20):
        phone.play(90).back(10)
    return lived(phone)


@story("back ten seconds, forty times on wifi")
def _() -> Told:
    phone = Phone()
    for _turn in range(40):
        phone.play(90).back(10)
    return lived(phone, wifi(11))


@story("a seek whose word comes three seconds late")
def _() -> Told:
    phone = Phone().play(300).back(10).play(900)
    late = len([1 for at_ms, _beat in phone.beats if at_ms <= 300_000]) - 1
    count = iter(range(10_000))
    return lived(phone, Network(lambda: 3_060 if next(count) == late else 60))


@story("a pause for dinner")
def _() -> Told:
    return lived(Phone().play(900).pause(2400).play(900), wifi(13))


@story("a pause every minute, to take notes")
def _() -> Told:
    phone = Phone()
    for _turn in range(40):
        phone.play(60).pause(20)
    return lived(phone, wifi(17))


@story("pauses in a 3G cell")
def _() -> Told:
    phone = Phone()
    for _turn in range(20):
        phone.play(90).pause(30)
    return lived(phone, third_generation(3))


@story("a pause that is told six seconds late")
def _() -> Told:
    phone = Phone().play(605).pause(60).play(600)
    late = next(i for i, (_at, beat) in enumerate(phone.beats) if beat.event == "pause")
    count = iter(range(10_000))
    return lived(phone, Network(lambda: 6_060 if next(count) == late else 60))


@story("slow playback at three quarters")
def _() -> Told:
    return lived(Phone(rate_permille=750).play(2400), wifi(23))


@story("another app for a while, again and again")
def _() -> Told:
    phone = Phone()
    for _turn in range(20):
        phone.play(120).hide(45)
    return lived(phone, wifi(29))


@story("the phone locks itself for twenty minutes")
def _() -> Told:
    return lived(Phone().play(900).lock(1200).play(900), wifi(31))


@story("the phone locks itself for fifty seconds, four times")
def _() -> Told:
    phone = Phone().play(300)
    for _turn in range(4):
        phone.lock(50).play(300)
    return lived(phone)


@story("from the phone to the tablet and back")
def _() -> Told:
    server, told = Server(), Told(0, 0, {})
    truth_ms, at_ms, position_ms = 0, 0, 0
    for _device in range(4):
        phone = Phone(at_ms=at_ms, position_ms=position_ms).play(600)
        told = lived(phone, wifi(37), server)
        truth_ms += told.truth_ms
        at_ms, position_ms = phone.at_ms + 20_000, phone.position_ms
    return Told(told.credited_ms, truth_ms, told.refused)


@story("a night shift over midnight")
def _() -> Told:
    server = Server(start=datetime(2026, 3, 2, 23, 20, 7, tzinfo=ZONE), cap_s=3600)
    return lived(Phone().play(4500), wifi(41), server)


@story("the night when the clocks go forward")
def _() -> Told:
    berlin = ZoneInfo("Europe/Berlin")
    return lived(Phone().play(3600), wifi(43), Server(start=datetime(2026, 3, 29, 1, 30, tzinfo=berlin), zone=berlin))


@story("the night when the clocks go back")
def _() -> Told:
    berlin = ZoneInfo("Europe/Berlin")
    return lived(Phone().play(7200), wifi(47), Server(start=datetime(2026, 10, 25, 1, 30, tzinfo=berlin), zone=berlin))


@story("a new year in a zone at the edge of the world")
def _() -> Told:
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    start = datetime(2026, 12, 31, 23, 40, tzinfo=kiritimati)
    return lived(Phone().play(2400), wifi(53), Server(start=start, zone=kiritimati))


@story("the server's clock is put right by a second")
def _() -> Told:
    return lived(Phone().play(2400), GOOD, Server(steps_s=[(400, 0.8), (1500, -0.8)]))


@story("a hand on the progress bar")
def _() -> Told:
    phone, random = Phone(), Random(59)
    phone.play(300)
    for _turn in range(12):
        phone.back(random.randint(1, 30))
    return lived(phone.play(1500))


@story("half of it is watched a second time")
def _() -> Told:
    return lived(Phone().play(1200).seek(600).play(1800), wifi(61))


@story("a beat every second")
def _() -> Told:
    return lived(Phone(beat_every_ms=1_000).play(1200), wifi(67))


@story("timers that fire once a minute to save the battery")
def _() -> Told:
    return lived(Phone(beat_every_ms=60_000).play(3600), wifi(71))


@story("every fifth beat is lost and nobody sends it again")
def _() -> Told:
    random = Random(73)
    return lived(Phone().play(3600), Network(loss=lambda: random.random() < 0.2))


@story("a full evening up to the cap")
def _() -> Told:
    return lived(Phone().play(14_400 - 60), wifi(79))


@story("two hours on wifi and nothing else")
def _() -> Told:
    return lived(Phone().play(7200), wifi(89))


@story("two hours on wifi with a back-seek every five minutes")
def _() -> Told:
    phone = Phone()
    for _turn in range(24):
        phone.play(300).back(15)
    return lived(phone, wifi(83))
