"""What is shown where other machines are to be served."""

from __future__ import annotations

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.serving.clause import CLAUSE_EN, CLAUSE_ZH


def test_the_clause_says_what_the_licence_says_word_by_word() -> None:
    licence = ModelStore(app_paths()).variant("baichuan2-13b-chat").licence
    assert licence.disclaimer is not None
    assert licence.disclaimer_zh is not None

    assert "It " + CLAUSE_EN.partition(" models ")[2] in " ".join(licence.disclaimer.split())
    assert CLAUSE_ZH.partition("发布方")[2].rstrip("。") in licence.disclaimer_zh
