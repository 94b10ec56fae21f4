"""What the demo's short course teaches: two videos and one chapter on the danger of low voltage. Data only.

A section is (heading, [block, ...]); a block is ("text", html), ("warning", level, html), ("table", caption, headings,
rows) or ("picture", name of a drawing, description, caption). `stored_sections` turns them into the stored form of
courses.blocks. Figures follow GB/T 13870.1 (current through the body) and GB/T 13955 (residual current devices).
"""

import io
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Section = tuple[str, list[tuple[Any, ...]]]

CENTRE = {
    "slug": "special-operations",
    "title": "特种作业人员培训中心",
    "intro": "面向电工、焊工、高处作业等特种作业人员。课程按培训大纲编排，视频和教材都按实测时长计学时。",
}

SHORT_COURSE = {
    "slug": "electrical-safety-short",
    "title": "低压用电安全速学",
    "intro": "两节视频课，配一章教材，几分钟学完一遍：认识触电，学会先断电、再验电、后动手。",
    "audience": "所有第一次使用本平台的学员；不需要电工基础。",
}

SHORT_VIDEOS = [
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000001"),
        "slug": "before-you-start",
        "title": "作业前的安全准备",
        "intro": "进场前看什么、带什么、问什么：人员、工具、环境三项检查。",
    },
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000002"),
        "slug": "working-dead",
        "title": "停电作业的顺序",
        "intro": "停电、验电、接地、挂牌，四步的先后为什么不能颠倒。",
    },
]

SHORT_TEXTBOOK = {
    "slug": "electrical-safety-primer",
    "title": "低压用电安全入门",
    "intro": "给第一次接触电气作业的人：电流怎样伤人，怎样断电，出了事先做什么。",
    "edition": "第一版",
    "approved_by": "教材编审委员会（演示）",
}

SHORT_CHAPTER: dict[str, Any] = {
    "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000003"),
    "slug": "current-and-the-body",
    "title": "触电的危险与断电的顺序",
    "intro": "多大的电流会伤人，检修前按什么顺序断电，发现有人触电时先做什么。",
    "sections": [
        (
            "多大的电流会伤人",
            [
                (
                    "text",
                    "<p>伤人的是流过身体的电流。工频交流电的作用大致如下，通电时间越长越危险。"
                    "所以家用和施工用的剩余电流动作保护器，动作电流多取 30 mA。</p>",
                ),
                (
                    "table",
                    "工频电流对成人的作用",
                    ["电流", "感受与后果"],
                    [
                        ["约 1 mA", "有麻刺感"],
                        ["约 10 mA", "肌肉痉挛，难以自己松手"],
                        ["50 mA 以上", "超过一秒，可能引起心室纤维性颤动"],
                    ],
                ),
            ],
        ),
        (
            "电流怎样流过人体",
            [
                ("picture", "touch-path", "人手碰到相线，电流经身体和双脚流入大地", "单相触电的电流路径"),
                (
                    "text",
                    "<p>手碰到相线，电流就经身体和双脚流入大地。皮肤出汗、地面潮湿、"
                    "鞋底导电，都会使电流变大；穿绝缘鞋、站在干燥的绝缘垫上，电流就小得多。</p>",
                ),
            ],
        ),
        (
            "检修前怎样断电",
            [
                (
                    "text",
                    "<p>按四步做：<b>停电</b>，断开电源并能看见断开点；<b>验电</b>，先在有电处试好验电器，"
                    "再逐相验明无电；<b>接地</b>，先接接地端，后接导体端；"
                    "<b>挂牌</b>，在开关上挂“禁止合闸，有人工作”。</p>",
                ),
                ("warning", "danger", "<p>未经验电的导体，一律按有电对待。</p>"),
            ],
        ),
        (
            "有人触电时",
            [
                (
                    "text",
                    "<p>先拉闸或拔插头；够不着开关，用干燥的木棒把电线挑开。脱离电源后，"
                    "人没有反应也没有正常呼吸，立即胸外按压，同时请人拨打 120。</p>",
                ),
                ("warning", "warning", "<p>电源未断开以前，不得用手直接拉触电者。</p>"),
            ],
        ),
    ],
}


def stored_sections(sections: Sequence[Section], *, pictures: Mapping[str, int]) -> list[dict[str, Any]]:
    """The form that `create_chapter` takes; `pictures` gives the image row of each drawing."""
    return [
        {"heading": heading, "content": [_stored_block(block, pictures) for block in blocks]}
        for heading, blocks in sections
    ]


def _stored_block(block: tuple[Any, ...], pictures: Mapping[str, int]) -> dict[str, Any]:
    kind, *rest = block
    if kind == "text":
        return {"type": "text", "value": rest[0]}
    if kind == "warning":
        return {"type": "warning", "value": {"level": rest[0], "text": rest[1]}}
    if kind == "picture":
        name, description, caption = rest
        return {"type": "picture", "value": {"image": pictures[name], "alt": description, "caption": caption}}
    caption, headings, rows = rest
    columns = [{"type": "text", "heading": heading} for heading in headings]
    return {
        "type": "table",
        "value": {"caption": caption, "columns": columns, "rows": [{"values": row} for row in rows]},
    }


INK, CURRENT, EARTH, PAPER = "#12343b", "#b3261e", "#7a5c2e", "#ffffff"


def draw_touch_path() -> bytes:
    """A JPEG: a person whose hand touches the live conductor, the way of the current to earth in red."""
    scale = 2
    picture = Image.new("RGB", (640 * scale, 400 * scale), PAPER)
    pen = ImageDraw.Draw(picture)

    def line(points: list[tuple[int, int]], colour: str, width: int) -> None:
        pen.line([(x * scale, y * scale) for x, y in points], fill=colour, width=width * scale, joint="curve")

    def label(x: int, y: int, text: str, colour: str) -> None:
        pen.text((x * scale, y * scale), text, fill=colour, font=ImageFont.load_default(24 * scale))

    for y, name in ((50, "N"), (104, "L")):
        line([(70, y), (600, y)], INK, 4)
        label(36, y - 16, name, INK)
    line([(40, 350), (600, 350)], EARTH, 4)
    for x in range(50, 600, 22):
        line([(x, 350), (x - 12, 366)], EARTH, 2)
    pen.ellipse([(300 * scale, 142 * scale), (340 * scale, 182 * scale)], outline=INK, width=5 * scale)
    line([(320, 182), (320, 270)], INK, 8)
    line([(320, 204), (276, 240)], INK, 7)
    line([(320, 204), (392, 162), (420, 106)], INK, 7)
    line([(320, 270), (292, 348)], INK, 8)
    line([(320, 270), (348, 348)], INK, 8)
    path = [(420, 106), (386, 168), (326, 206), (326, 272), (350, 346)]
    line(path, CURRENT, 3)
    for x, y in ((402, 136), (326, 240), (340, 314)):
        pen.polygon(
            [((x - 9) * scale, (y - 8) * scale), ((x + 9) * scale, (y - 8) * scale), (x * scale, (y + 10) * scale)],
            fill=CURRENT,
        )
    line([(411, 95), (429, 113)], CURRENT, 3)
    line([(429, 95), (411, 113)], CURRENT, 3)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=88)
    return encoded.getvalue()


DRAWINGS = {"touch-path": ("单相触电的电流路径", draw_touch_path)}
