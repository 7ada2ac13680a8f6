"""An engine that is asked for nothing that is not admitted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from backends.checkpoint.manifest import stated_precision
from backends.errors import ModelAwayError, NotAdmittedError
from backends.protocol.engine_requests import (
    AdapterRequest,
    BenchmarkRequest,
    CopyRequest,
    ExportRequest,
    LoadRequest,
    MergeRequest,
    QualityRequest,
    Request,
)
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort


class AdmittedEngine(EnginePort):
    """Hands requests on to an engine, those that open a folder once it is admitted."""

    def __init__(self, engine: EnginePort, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of a request. Raises NotAdmittedError before the engine hears of it."""
        yield from self._engine.run(self._admitted(request), cancel)

    @override
    def kill(self) -> None:
        self._engine.kill()

    @override
    def close(self) -> None:
        self._engine.close()

    def _admitted(self, request: Request) -> Request:
        match request:
            case LoadRequest():
                return self._admitted_load(request)
            case BenchmarkRequest() | QualityRequest():
                return replace(request, load=self._admitted_load(request.load))
            case CopyRequest():
                self._admission.check(Path(request.folder), request.precision)
            case ExportRequest() | MergeRequest():
                self._admission.check(Path(request.folder), request.precision)
                self._check_adapter(request.adapter)
            case AdapterRequest():
                self._check_adapter(request.folder)
        return request

    def _check_adapter(self, folder: str | None) -> None:
        if folder is not None:
            self._admission.check_adapter(Path(folder))

    def _admitted_load(self, request: LoadRequest) -> LoadRequest:
        """The request, without exports that are not admitted, unless just they are asked for."""
        self._admission.check(Path(request.folder), request.precision)
        self._check_adapter(request.adapter)
        exports = []
        for folder in request.exports:
            try:
                self._admission.check(Path(folder), None)
            except NotAdmittedError:
                is_asked = request.precision is not None and request.precision.is_onnx
                if is_asked and stated_precision(Path(folder)) in (None, request.precision):
                    raise
            except ModelAwayError:  # the engine says so, if just this one is wanted
                exports.append(folder)
            else:
                exports.append(folder)
        return replace(request, exports=tuple(exports))
