from __future__ import annotations

import pytest

from baichuan_desktop.services.presets.filling import Variable, filled, missing, variables_of


@pytest.mark.parametrize(
    ("template", "text", "values", "message"),
    [
        ("", "Hello", {}, "Hello"),
        ("  \n", "Hello", {}, "Hello"),
        ("Translate: {{text}}", "Hello", {}, "Translate: Hello"),
        ("Be brief.", "Hello", {}, "Be brief.\n\nHello"),
        ("Be brief.", "", {}, "Be brief."),
        ("Into {{ language }}: {{text}}", "Hello", {"language": " German "}, "Into German: Hello"),
        ("Into {{language=English}}: {{text}}", "Hello", {}, "Into English: Hello"),
        ("Into {{language=English}}: {{text}}", "Hello", {"language": " "}, "Into English: Hello"),
        ("译成{{目标语言=英文}}:{{text}}", "你好", {"目标语言": "德文"}, "译成德文:你好"),
        ("{{a=1}} {{a}} {{text}}", "x", {}, "1 1 x"),
        # What a person writes is taken as it is, also where it looks like a variable.
        ("{{a=1}}: {{text}}", "{{a}} and {{text}}", {}, "1: {{a}} and {{text}}"),
        ("{{a}}: {{text}}", "x", {"a": "{{text}}"}, "{{text}}: x"),
        ("{ {text}} {{}} {{a.b}} {{text}}", "x", {}, "{ {text}} {{}} {{a.b}} x"),
        (r"\1 {{text}}", r"\g<0>", {}, r"\1 \g<0>"),
    ],
)
def test_a_message_is_made_of_template_text_and_values(
    template: str, text: str, values: dict[str, str], message: str
) -> None:
    assert filled(template, text, values) == message


def test_each_variable_comes_once_with_the_default_that_it_has_anywhere() -> None:
    found = variables_of("{{b}} {{text}} {{a = x y }} {{b=2}} {{a=3}}")

    assert found == (Variable("b", "2"), Variable("a", "x y"))


def test_what_has_neither_value_nor_default_is_missing() -> None:
    assert missing("{{a}} {{b=1}} {{c}} {{text}}", {"a": "", "c": "x"}) == ["a"]


def test_a_hostile_template_costs_little() -> None:
    assert variables_of("{{" * 50_000) == ()
    assert len(variables_of("".join(f"{{{{a{n}}}}}" for n in range(5000)))) == 5000
