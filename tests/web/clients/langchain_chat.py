"""A chat as LangChain's users have it; prints what came as one line of JSON.

    python langchain_chat.py SERVER MODEL

Runs in the environment of requirements-web.lock, which has nothing of this project.
"""

from __future__ import annotations

import json
import sys

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr


class Fact(BaseModel):
    """What an answer is held to."""

    is_local: bool


def main() -> None:
    """Ask whole, streaming, with what was said before, and held to a schema."""
    server, model = sys.argv[1:]
    chat = ChatOpenAI(
        base_url=f"{server}/v1", model=model, api_key=SecretStr("not needed"), temperature=0
    )
    question = HumanMessage("How do I import a model?")
    answer = chat.invoke([question])
    before = [SystemMessage("Be brief."), HumanMessage("Hello"), AIMessage("Hello.")]
    fact = chat.with_structured_output(Fact, method="json_schema").invoke([question])
    told = {
        "whole": answer.text,
        "tokens": answer.usage_metadata,
        "streamed": "".join(chunk.text for chunk in chat.stream([question])),
        "after": chat.invoke([*before, question]).text,
        "is_fact": isinstance(fact, Fact),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
