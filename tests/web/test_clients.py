"""Other programs' clients against the guide model: OpenAI's of npm, and LangChain's chat."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.served import GUIDE, Served, serving
from tests.web.conftest import RunNode

if not os.environ.get("WEB_PYTHON"):
    pytest.skip("make test-web runs these", allow_module_level=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), ["serve", GUIDE]) as one:
        yield one


def test_the_openai_client_of_npm_works_in_every_case(served: Served, run_node: RunNode) -> None:
    run_node(
        "clients/openai.test.ts", {"SERVER": served.address, "MODEL": GUIDE, "KEY": served.key()}
    )


def test_langchain_chats(served: Served) -> None:
    script = Path(__file__).parent / "clients" / "langchain_chat.py"
    ran = subprocess.run(
        [os.environ["WEB_PYTHON"], str(script), served.address, GUIDE],
        check=False,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["whole"]
    assert told["streamed"] == told["whole"]
    assert told["tokens"]["output_tokens"] > 0
    assert told["after"]
    assert told["is_fact"]
