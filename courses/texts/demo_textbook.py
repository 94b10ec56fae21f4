"""Six chapters of the low-voltage electrician's textbook, as the demo's full course uses them. Data only.

Sections have the form of demo_content. Figures follow the national standards named in the text: GB/T 13870.1,
GB/T 13955, GB/T 3787, GB 26860, and the 2020 guidelines for cardiopulmonary resuscitation.
"""

import uuid

from courses.texts import demo_practice, demo_protection

TEXTBOOK = {
    "slug": "low-voltage-electrician",
    "title": "低压电工作业",
    "intro": "按低压电工作业安全技术培训大纲编写：电击防护、停电检修、电动工具、触电急救与电气防火。",
    "edition": "第一版",
    "approved_by": "教材编审委员会（演示）",
}

CHAPTERS = [*demo_protection.CHAPTERS, *demo_practice.CHAPTERS]

# Video lessons of the full course that get their films from the institutions; the demo lends them its sample clips.
COURSE = {
    "slug": "low-voltage-electrician-videos",
    "title": "低压电工作业安全技术",
    "intro": "与教材配套的视频课：法规与职业道德、配电设备、常用仪表、现场案例。",
    "audience": "低压电工作业人员，初次培训。",
}
VIDEOS = [
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000021"),
        "slug": "law-and-duty",
        "title": "安全生产法规与电工的职责",
        "intro": "持证上岗的由来，电工的权利、义务和法律责任。",
    },
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000022"),
        "slug": "switchgear",
        "title": "低压配电设备与线路",
        "intro": "断路器、接触器、熔断器各管什么；配电箱怎样接、怎样查。",
    },
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000023"),
        "slug": "instruments",
        "title": "常用电工仪表的使用",
        "intro": "万用表、兆欧表、钳形表和接地电阻测量仪：选档、接线、读数和安全要求。",
    },
    {
        "uuid": uuid.UUID("7c1d0000-0000-4000-8000-000000000024"),
        "slug": "case-studies",
        "title": "典型触电事故案例分析",
        "intro": "三类常见事故：未验电、错接零线、金属容器内照明，各错在哪一步。",
    },
]
