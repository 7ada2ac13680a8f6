"""`bench`, as a person and as a program read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.precisions.measurements import Measurements
from tests.helpers import goldens
from tests.helpers.machines import SECOND

ROOT = Path(__file__).parents[3]
FOLDER = str(goldens.folder("b2-7b", "safetensors"))


@pytest.mark.usefixtures("engine_here")
def test_bench_prints_a_row_a_precision(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["bench", FOLDER, "--precision", f"fp32,{SECOND}", "--device", "cpu"])

    out = capsys.readouterr().out.splitlines()
    assert code == 0
    assert next(filter(None, out[0].split("  "))) == "precision"
    for name in ("load", "peak memory", "prefill 128", "decode at 16", "a token reads"):
        assert name in out[0]
    assert [line.split()[0] for line in out[1:3]] == ["fp32", SECOND]
    text = "\n".join(out)
    assert "GB/s" in text
    assert "Left out, as the model's context is too short: prefill 512, prefill 2,048, " in text
    assert len(Measurements(app_paths().measurements).measured(Path(FOLDER))) == 2


def test_bench_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["bench", FOLDER, "--precision", "fp32,fp16", "--device", "cpu", "--json"])

    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert code == 0
    (measured,) = report["measured"]
    assert measured["precision"] == "fp32"
    assert measured["prefill"][0]["tokens"] == 128
    assert measured["decode"][0]["bytes_per_token"] > 0
    assert measured["decode"][0]["bandwidth_share"] > 0
    assert measured["skipped_contexts"] == [512, 2048]
    assert [failed["precision"] for failed in report["failed"]] == ["fp16"]
    assert captured.err.startswith("fp16: ")


@pytest.mark.usefixtures("engine_here")
def test_bench_takes_a_number_of_threads(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", FOLDER, "--precision", "fp32", "--device", "cpu", "--json"]

    assert main([*arguments, "--threads", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["measured"][0]["threads"] == 3
    assert main([*arguments, "--threads", "0"]) == 1
    assert "The number of threads must be from 1 to 1,024, not 0." in capsys.readouterr().err


def test_bench_where_nothing_runs_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", FOLDER, "--precision", "fp16", "--device", "cpu"]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("fp16: ")


def test_a_wrong_precision_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", FOLDER, "--precision", "fp31"]) == 1

    assert capsys.readouterr().err.startswith(
        "baichuan-desktop: There is no precision “fp31”; there are auto, "
    )


def has_ended(pid: int) -> bool:
    """It runs no more; whoever took it over may not have asked for its exit code yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


#: `bench` that is interrupted as soon as its engine has told anything, and writes down who it is.
INTERRUPTED = """
import signal, sys
from pathlib import Path
import psutil
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.engines.one_shot import JobEngine

run = JobEngine.run

def interrupted(self, request, cancel):
    for event in run(self, request, cancel):
        if not cancel.is_set():
            (engine,) = psutil.Process().children()
            Path(sys.argv.pop()).write_text(str(engine.pid))
            signal.raise_signal(signal.SIGINT)
        yield event

JobEngine.run = interrupted
raise SystemExit(main(sys.argv[1:-1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_ends_bench_and_its_engine(app_home: Path, tmp_path: Path) -> None:
    note = tmp_path / "engine"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "bench", FOLDER, "--precision", "fp32", str(note)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    out, err = process.communicate()

    assert process.returncode == 130
    assert (out, err) == ("", "")
    assert has_ended(int(note.read_text()))
    assert not Measurements(app_paths().measurements).measured(Path(FOLDER))
