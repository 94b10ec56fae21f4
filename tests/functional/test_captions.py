"""Captions: an editor writes them beside the playing video; a learner reads them and changes the language."""

from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Dialog, Page, expect

from tests.functional.pages import PHONE, log_in, serious
from tests.functional.test_delivery import shortest_film

if TYPE_CHECKING:
    from tests.systems import RunningSystem

SHOWN = """() => [...document.querySelectorAll("video track")].map((each) => each.track)
    .filter((track) => track.mode === "showing").map((track) =>
        [track.language, [...(track.activeCues ?? [])].map((cue) => cue.getCueAsHTML().textContent)])"""
PREVIEWED = """() => [...document.querySelector("video").textTracks]
    .flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text))"""
ASSET = """
SELECT asset.uuid FROM courses_lessonversion version
JOIN courses_lesson lesson ON lesson.id = version.lesson_id
JOIN media_pipeline_asset asset ON asset.id = version.asset_id
WHERE lesson.uuid = %s
"""
WHOLE = "WEBVTT\n\n00:00:00.000 --> 00:00:45.000\n{}\n"


def asset_of(system: "RunningSystem", film: str) -> str:
    [(asset,)] = system.rows(ASSET, film)
    return str(asset)


def shows(page: Page, language: str, words: str) -> None:
    """One track is shown, and one caption of it that has one of these words."""
    page.wait_for_function(
        f"([language, words]) => {{ const found = ({SHOWN})();"
        " return found.length === 1 && found[0][0] === language && found[0][1].length === 1"
        " && new RegExp(words).test(found[0][1][0]); }",
        arg=[language, words],
        timeout=60_000,
    )


def write(page: Page, system: "RunningSystem", asset: str, language: str, words: str) -> None:
    page.goto(f"{system.url}/admin/videos/{asset}/captions/{language}/")
    page.get_by_label("WebVTT 字幕").fill(WHOLE.format(words))
    expect(page.get_by_text("没有错误。播放器正按此处的内容显示字幕。")).to_be_visible()
    page.get_by_role("button", name="保存字幕").click()
    expect(page.get_by_text("已保存。学员现在起看到这些字幕。")).to_be_visible()


def test_an_editor_writes_captions_beside_the_playing_video(running_system: "RunningSystem", browser: Browser) -> None:
    asset = asset_of(running_system, shortest_film(running_system))
    editor = browser.new_context(locale="zh-CN").new_page()
    log_in(editor, running_system, "admin")

    # 1. Mistakes are told at their lines while the editor types.
    editor.goto(f"{running_system.url}/admin/videos/{asset}/captions/ko/")
    text = editor.get_by_label("WebVTT 字幕")
    text.fill("WEBVTT\n\n00:00:00.000 -> 00:00:20.000\n先断开电源。\n")
    editor.get_by_role("button", name="第 3 行").click()
    selected = text.evaluate("(each) => each.value.slice(each.selectionStart, each.selectionEnd)")
    assert selected == "00:00:00.000 -> 00:00:20.000"

    # 2. What is right is shown in the player before it is saved.
    text.fill(WHOLE.format("<b>先断开电源。</b>"))
    expect(editor.get_by_text("没有错误。播放器正按此处的内容显示字幕。")).to_be_visible()
    editor.get_by_role("button", name="从光标所在的字幕开始播放").click()
    editor.wait_for_function("() => document.querySelector('video').currentTime > 0.5", timeout=60_000)
    assert editor.evaluate(PREVIEWED) == ["<b>先断开电源。</b>"]
    assert serious(editor) == []

    # 3. A new caption is put where the player stands, in its place among the others.
    editor.evaluate("document.querySelector('video').pause()")
    text.fill("WEBVTT\n\n00:00:00.000 --> 00:00:00.100\na\n\n00:00:20.000 --> 00:00:21.000\nb\n")
    editor.get_by_role("button", name="在当前位置新建字幕").click()
    editor.keyboard.type("中间")
    starts = [line for line in text.input_value().split("\n") if "-->" in line or line in ("a", "中间", "b")]
    assert [line for line in starts if "-->" not in line] == ["a", "中间", "b"]

    # 4. Saved, it is in the list.
    write(editor, running_system, asset, "ko", "전원을 먼저 끄십시오.")
    editor.goto(f"{running_system.url}/admin/videos/{asset}/captions/")
    expect(editor.get_by_role("link", name="조선말 / 한국어", exact=True)).to_be_visible()
    assert serious(editor) == []
    editor.goto(f"{running_system.url}/admin/videos/{asset}/")
    expect(editor.get_by_text("조선말 / 한국어")).to_be_visible()
    assert serious(editor) == []
    editor.context.close()


def test_a_refused_save_is_told_and_the_text_is_not_lost(running_system: "RunningSystem", browser: Browser) -> None:
    asset = asset_of(running_system, shortest_film(running_system))
    editor = browser.new_context(locale="zh-CN").new_page()
    log_in(editor, running_system, "admin")
    address = f"{running_system.url}/admin/videos/{asset}/captions/ug/"
    editor.goto(address)
    colleague = editor.context.new_page()
    write(colleague, running_system, asset, "ug", "b")
    colleague.close()

    # 1. The reason stays beside the text, which has no mistakes.
    text = editor.get_by_label("WebVTT 字幕")
    text.fill(WHOLE.format("a"))
    editor.get_by_role("button", name="保存字幕").click()
    expect(editor.get_by_text("没有错误。播放器正按此处的内容显示字幕。")).to_be_visible()
    expect(editor.get_by_role("alert")).to_contain_text("其间有人保存过这些字幕。")
    assert serious(editor) == []

    # 2. More mistakes than are listed are counted.
    text.fill("WEBVTT\n" + "\n00:00:00.000 --> 00:00:20.000\na\n" * 250)
    expect(editor.locator("[data-xv-more]")).to_be_visible()
    text.fill(WHOLE.format("a"))
    expect(editor.locator("[data-xv-more]")).to_be_hidden()

    # 3. Who leaves is asked first, though nothing was typed since it came back.
    editor.get_by_role("button", name="保存字幕").click()
    expect(editor.get_by_text("没有错误。播放器正按此处的内容显示字幕。")).to_be_visible()
    text.click()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    editor.once("dialog", stay)
    menu = editor.get_by_role("navigation", name="主菜单")
    menu.get_by_role("link", name="视频", exact=True).click(no_wait_after=True)
    editor.wait_for_timeout(1_000)
    assert asked == ["beforeunload"]
    expect(text).to_have_value(WHOLE.format("a"))
    editor.on("dialog", lambda dialog: dialog.accept())
    editor.context.close()


def test_a_learner_reads_captions_and_finds_the_language_again(
    running_system: "RunningSystem", browser: Browser
) -> None:
    film = shortest_film(running_system)
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    log_in(page, running_system, "worker13")

    # 1. Nothing is shown before it is asked for; then, by the keyboard, in the reader's language.
    page.goto(f"{running_system.url}/study/{film}/")
    page.locator(".player-row").get_by_role("button", name="播放").click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.5", timeout=60_000)
    assert page.evaluate(SHOWN) == []
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="隐藏字幕")).to_be_visible()
    shows(page, "zh-Hans", "停电|验电|顺序")

    # 2. In English, while it plays on.
    page.get_by_label("字幕语言").select_option("en")
    shows(page, "en", "dead|Switch|order")
    assert serious(page) == []
    for control in page.locator(".player-row > :visible").all():
        place = control.bounding_box()
        assert place is not None and place["x"] + place["width"] <= PHONE["width"], control.inner_html()

    # 3. Another day they are there at once, in the language that was chosen; off is remembered as well.
    page.reload()
    expect(page.get_by_role("button", name="隐藏字幕")).to_be_enabled(timeout=60_000)
    expect(page.get_by_label("字幕语言")).to_have_value("en")
    page.get_by_role("button", name="隐藏字幕").click()
    page.reload()
    expect(page.get_by_role("button", name="显示字幕")).to_be_enabled(timeout=60_000)
    assert page.evaluate(SHOWN) == []
    context.close()
