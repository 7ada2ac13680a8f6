"""The form that an answer is held to: `response_format`."""

from __future__ import annotations

import json

from backends.generation.terms import Grammar, GrammarKind
from baichuan_desktop.server.schema.body import wrong


def grammar_of(response_format: object) -> Grammar | None:
    """The form that was asked for; None: any text. Raises ApiError, 400."""
    if response_format is None:
        return None
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    match kind:
        case "text":
            return None
        case "json_object":
            return Grammar(GrammarKind.JSON_OBJECT)
        case "json_schema":
            assert isinstance(response_format, dict)
            return Grammar(GrammarKind.JSON_SCHEMA, _schema(response_format.get("json_schema")))
        case _:
            raise wrong(
                "response_format.type",
                "“response_format.type” should be text, json_object or json_schema.",
            )


def _schema(json_schema: object) -> str:
    """The schema as JSON. An answer is always held to it, so “strict” says nothing."""
    schema = json_schema.get("schema") if isinstance(json_schema, dict) else None
    if not isinstance(schema, dict):
        raise wrong(
            "response_format.json_schema.schema",
            "“response_format.json_schema.schema” should be a JSON schema.",
        )
    return json.dumps(schema, ensure_ascii=False)
