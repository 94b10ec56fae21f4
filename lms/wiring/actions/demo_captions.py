"""Captions of the demo's two films, in Chinese and English: what their lessons are about, sentence by sentence."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from media_pipeline.actions.captions import CaptionsChanged, save_captions
from media_pipeline.models import Asset
from media_pipeline.rules.captions import Cue

CAPTION_MS: Final = 11_000
WORDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "before-you-start": {
        "zh-Hans": (
            "进场前先看三样：人员、工具、环境。",
            "证件带齐，劳动防护用品穿戴好。",
            "工具逐件检查，绝缘破损的不用。",
            "有疑问先问，问清楚再动手。",
        ),
        "en": (
            "Before you start, look at three things: people, tools, surroundings.",
            "Carry your certificate; wear your protective equipment.",
            "Check every tool; never use one with damaged insulation.",
            "If in doubt ask first, then act.",
        ),
    },
    "working-dead": {
        "zh-Hans": (
            "停电作业有四步：停电、验电、接地、挂牌。",
            "先停电，并防止他人误送电。",
            "验电合格之后，才能挂接地线。",
            "顺序不能颠倒，一步也不能少。",
        ),
        "en": (
            "Working dead takes four steps: switch off, prove dead, earth, put up notices.",
            "Switch off first, and keep others from switching on again.",
            "Only when it is proved dead is the earth connected.",
            "The order is never changed, and no step is left out.",
        ),
    },
}


def add_captions(*, at: datetime, assets: Mapping[str, Asset], demo_id: Callable[[str], UUID]) -> None:
    """`assets` by slug, ready; running it twice changes nothing, and captions that people made stay."""
    for slug, languages in WORDS.items():
        for language, words in languages.items():
            cues = [Cue(place * CAPTION_MS, (place + 1) * CAPTION_MS, each) for place, each in enumerate(words)]
            with suppress(CaptionsChanged):
                save_captions(
                    by=None,
                    at=at,
                    uuid=demo_id(f"captions {slug} {language}"),
                    asset_uuid=assets[slug].uuid,
                    language=language,
                    cues=cues,
                    replaces=0,
                )
