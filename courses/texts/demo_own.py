"""What the demo's training institution teaches by itself: a published elective, and a course that waits at the
committee. Data only; the films are those of the short course, lent.

A lesson's `asset` is the slug of that film, `second_half` the title of its chapter from the middle on, `module` the
ordinal in the low-voltage electrician's syllabus, None for an elective.
"""

import uuid
from typing import Any

ELECTIVE = {
    "slug": "before-every-shift",
    "title": "班前安全准备（选修）",
    "intro": "每天开工前花一分钟看一遍：人到齐没有，工具好不好，现场变没变。本校自编，不计入大纲学时。",
    "audience": "本校各班学员，自愿选学。",
}
ELECTIVE_LESSON: dict[str, Any] = {
    "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000031"),
    "slug": "three-checks",
    "title": "开工前的三项检查",
    "intro": "人员、工具、环境，哪一项不合格都不开工。",
    "asset": "before-you-start",
    "second_half": "查环境",
    "module": None,
}
# (name, prompt, prompt in English, [(option, in English)], index of the right one); asked in this order.
QUESTIONS = (
    (
        "three-checks 1",
        "进入作业现场后，开工前应当先做什么？",
        "You are on site. What comes first, before work begins?",
        [
            ("先干起来，边干边看", "Begin, and look around meanwhile"),
            ("检查人员、工具和作业环境", "Check the people, the tools and the place"),
            ("等安全员来了再检查", "Wait for the safety officer to check"),
        ],
        1,
    ),
    (
        "three-checks 2",
        "开工前发现电动工具的电缆护套破损，应当怎么办？",
        "Before work you find the sheath of a power tool's cable damaged. What do you do?",
        [
            ("缠几层胶布继续用", "Wrap it with tape and go on"),
            ("小心一点，先用完今天", "Take care and use it for today"),
            ("停止使用，交专人检修或更换", "Stop using it and have it repaired or replaced"),
        ],
        2,
    ),
)

WAITING = {
    "slug": "switchboard-maintenance",
    "title": "配电箱停电检修",
    "intro": "结合本校实训室的配电箱，讲清检修前怎样准备、怎样停电，配合大纲“低压电器与配电装置”模块使用。",
    "audience": "低压电工作业人员，初次培训；学过电工基础知识后再学。",
}
WAITING_LESSONS: tuple[dict[str, Any], ...] = (
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000032"),
        "slug": "prepare-the-repair",
        "title": "第一课 检修前的准备",
        "intro": "核对工作票，检查绝缘手套、验电器和接地线，确认监护人到位。",
        "asset": "before-you-start",
        "second_half": "检查安全用具",
        "module": 8,
    },
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000033"),
        "slug": "switch-off-in-order",
        "title": "第二课 停电、验电、接地、挂牌",
        "intro": "四个步骤一步都不能少，先后也不能颠倒。",
        "asset": "working-dead",
        "second_half": "接地与挂牌",
        "module": 10,
    },
)
REMARK = "第二课请核对：验电前是否演示了验电器的自检？"
"""What the reviewer said so far about the last lesson that waits."""
