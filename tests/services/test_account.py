"""The name of the account."""

from __future__ import annotations

import getpass
from typing import NoReturn

import pytest

from baichuan_desktop.services.account import account


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("no name"), ImportError("pwd")])
def test_an_account_without_a_name_is_a_question_mark(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> NoReturn:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)

    assert account() == "?"
