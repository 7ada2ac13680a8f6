from __future__ import annotations

import pytest

from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.schema.token_ids import read_detokenize, read_tokenize


def test_text_or_messages_are_tokenised() -> None:
    text = read_tokenize({"prompt": "a", "add_special_tokens": True})
    chat = read_tokenize({"messages": [{"role": "user", "content": "b"}]})

    assert (text.prompt, text.messages) == ("a", None)
    assert chat.messages is not None
    assert chat.messages[0].text == "b"


@pytest.mark.parametrize(
    "fields",
    [{}, {"prompt": "a", "messages": [{"role": "user", "content": "b"}]}, {"prompt": ["a"]}],
)
def test_neither_and_both_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ApiError) as raised:
        read_tokenize(fields)

    assert (raised.value.status, raised.value.param) == (400, "prompt")


def test_ids_are_detokenised_and_nothing_else() -> None:
    assert read_detokenize({"tokens": [1, 2]})[1] == (1, 2)
    assert read_detokenize({"tokens": []})[1] == ()
    for wrong in (["a"], [True], [-1], [1.0]):
        with pytest.raises(ApiError):
            read_detokenize({"tokens": wrong})
