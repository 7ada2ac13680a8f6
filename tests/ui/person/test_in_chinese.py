"""Two of the ways through the window in Chinese, with what an input method writes."""

from __future__ import annotations

from PySide6.QtCore import Qt

from backends.events import PromptReady, TextDelta
from tests.ui.harness import Gate, ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person, clipboard

Key = Qt.Key
CHATS, READY = "对话", "回答可能有误"


def in_chinese(desk: App, engine: ScriptedEngine) -> Person:
    """Somebody in front of a Chinese window, with the guide loaded."""
    me = desk.start(engine, language="zh_CN")
    me.wait_until_ready(READY)
    return me


def spoken(me: Person) -> list[str]:
    """What was said, without who said it."""
    return [one.split("：", 1)[-1].split(": ", 1)[-1] for one in me.messages()]


def test_first_run_stop_continue_again_and_edit(desk: App, engine: ScriptedEngine) -> None:
    engine.answers += [
        answer("可以**离线**使用。"),
        [PromptReady(10, 0, 0), TextDelta("天空是"), Gate()],
        answer("蓝色的。"),
        answer("海是蓝色的。"),
    ]
    me = in_chinese(desk, engine)
    me.press("能离线使用吗？")
    until(lambda: spoken(me)[1:] == ["可以离线使用。"])
    me.wait_until_ready(READY)

    me.enter("天空是什么颜色？")
    until(lambda: spoken(me)[-1] == "天空是")
    me.press("停止")
    me.wait_until_ready(READY)
    me.at_message("天空是", "继续这个回答")
    until(lambda: spoken(me)[-1] == "天空是蓝色的。")
    me.wait_to_see("2 / 2")
    me.at_message("什么颜色", "编辑")
    me.write_anew("海是什么颜色？")
    me.key(Key.Key_Return)
    until(lambda: spoken(me)[2:] == ["海是什么颜色？", "海是蓝色的。"])

    me.ctrl("C", shift=True)
    assert clipboard() == "海是蓝色的。"


def test_search_rename_folder_delete_and_undo(desk: App, engine: ScriptedEngine) -> None:
    engine.answers += [answer("因为散射。"), answer("四条腿。")]
    me = in_chinese(desk, engine)
    me.enter("天空为什么是蓝色的？")
    until(lambda: spoken(me)[1:] == ["因为散射。"])
    me.press("新对话")
    me.enter("牛有几条腿？")
    until(lambda: spoken(me)[1:] == ["四条腿。"])

    me.ctrl("K")
    me.type("散射")
    until(lambda: any("散射" in one for one in me.entries(CHATS)))
    me.key(Key.Key_Return)
    until(lambda: spoken(me)[1:] == ["因为散射。"])
    me.escape()
    me.key(Key.Key_F2)
    me.write_anew("天气")
    me.key(Key.Key_Return)
    until(lambda: "天气" in me.entries(CHATS))
    me.entry_menu(CHATS, "天气")
    me.choose("重命名")
    me.escape()
    me.entry_menu(CHATS, "天气")
    me.choose("删除")
    assert "天气" not in me.entries(CHATS)
    assert spoken(me) == []
    me.press("撤销")
    until(lambda: spoken(me)[1:] == ["因为散射。"])
    assert "天气" in me.entries(CHATS)
