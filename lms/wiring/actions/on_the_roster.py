"""The demo teacher's file on the roster: applied for by the teacher, put on file by the authority. Twice changes
nothing."""

import io
from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from PIL import Image, ImageDraw

from lms.accounts.models import User
from lms.teachers.actions.files import accept_application, apply_for_file
from lms.teachers.models import FileApplication

WALL, JACKET, SKIN, HAIR = (214, 228, 230), (38, 70, 83), (231, 199, 174), (52, 44, 42)
WIDTH, HEIGHT = 600, 800


def put_on_roster(
    *, at: datetime, teacher: User, authority: User, trades: list[str], demo_id: Callable[[str], UUID]
) -> FileApplication:
    application = apply_for_file(
        by=teacher,
        at=at,
        uuid=demo_id("teacher file"),
        person=teacher,
        institution=None,
        trades=trades,
        practising_since=date(2012, 3, 1),
        qualifications="电气工程及其自动化本科\n高级工程师\n注册安全工程师",
        photo=portrait(),
    )
    return accept_application(by=authority, at=at, application=application)


def portrait() -> bytes:
    """A drawn head and shoulders: nobody's face."""
    image = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 560, 540, 1160), fill=JACKET)
    draw.rectangle((255, 470, 345, 620), fill=SKIN)
    draw.polygon([(230, 585), (300, 680), (370, 585)], fill=(245, 245, 242))
    draw.ellipse((165, 130, 435, 430), fill=HAIR)
    draw.ellipse((190, 190, 410, 520), fill=SKIN)
    draw.chord((172, 120, 428, 400), 188, 352, fill=HAIR)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
