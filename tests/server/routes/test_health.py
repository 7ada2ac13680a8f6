"""Whether a model may be asked."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from baichuan_desktop.services.serving.values import DeskState, ServedModel
from tests.helpers.patience import wait_until
from tests.server.listening import STREAMED, Listener
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import serving


def test_while_a_model_is_loaded_nobody_may_ask() -> None:
    desk = ScriptedDesk(is_loaded=False, is_held=True)
    with serving(desk) as served:
        answer = served.ask("GET", "/health")
        assert (answer.status, answer.json) == (200, {"status": "ok"})  # the first one loads it

        with Listener(served, STREAMED) as listener:
            wait_until(lambda: desk.status.state is DeskState.LOADING)
            answer = served.ask("GET", "/health")
            assert (answer.status, answer.json) == (503, {"status": "loading", "loaded": 0.5})
            assert answer.headers["retry-after"] == "2"

            desk.release()
            listener.events()
        assert served.ask("GET", "/health").status == 200
    desk.close()


class _WithoutModels(ScriptedDesk):
    @override
    def models(self) -> Sequence[ServedModel]:
        return []


def test_without_any_model_nobody_may_ask() -> None:
    desk = _WithoutModels(is_loaded=False)
    with serving(desk) as served:
        answer = served.ask("GET", "/health")
        assert (answer.status, answer.json) == (503, {"status": "no model"})
    desk.close()
