"""`models`, and what is known of one."""

from __future__ import annotations

import pytest

from baichuan_desktop.cli.main import main


def test_a_released_model_is_shown_though_it_is_not_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "show", "baichuan2-7b-chat"]) == 0

    assert "Baichuan2-7B-Chat" in capsys.readouterr().out
