"""What is measured on a card goes through without one; nothing here is timed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.modeling.baichuan import RMSNorm
from backends.precision import Precision
from benchmarks import cuda, llama_cpp_peer
from benchmarks.cards import clocks, day, goals, probe, tables
from benchmarks.cards.cases import Held
from benchmarks.cards.comparisons import catalogue, step
from benchmarks.cards.run import CardRun, LeftOutError
from benchmarks.cards.sizes import DRY
from benchmarks.machine import ROOT, child_environment
from benchmarks.random_checkpoint import SHAPES
from tests.helpers.fake_cards import GIB, Card, fake_cards

#: Every choice of the app on a card, and the two ways of each.
WAYS = {
    "graph": {"graph", "eager"},
    "RMSNorm": {"fused", "composed"},
    "gate and up": {"joined", "apart"},
    "ALiBi blocks": {"kept", "rebuilt in every layer"},
    "later chunk of a prompt": {"causal_lower_right", "mask"},
    "cuDNN's attention": {"off", "on"},
    "candidates": {"on the card", "whole row"},
    "8 bits beside 16": {"weights only", "16 bits"},
    "8 bits": {"weights only", "LLM.int8"},
    "head": {"8 bits", "16 bits"},
    "embedding": {"on the host", "on the card"},
    "graphs recorded": {"while loading", "when needed"},
}


def dry_run(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The report of a run without a card, and what it printed."""
    out = folder / "cuda.json"
    command = [sys.executable, "benchmarks/cuda.py", "--device", "cpu", "--shapes", "tiny"]
    command += ["--new", "4", "--minutes", "60", "--json", str(out), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=child_environment()
    )
    return json.loads(out.read_text(encoding="utf-8")), done.stdout


# --- the dry run -----------------------------------------------------------------------------


def test_a_dry_run_has_a_row_for_every_choice_with_both_ways(tmp_path: Path) -> None:
    report, printed = dry_run(tmp_path, "--precisions", "bf16")

    found: dict[str, set[str]] = {}
    for row in report["choices"]:
        found.setdefault(row["choice"], set()).update(row["ways"])
        assert row["taken"] in row["ways"]
        assert all(seconds > 0 for seconds in row["ways"].values())
    assert found == WAYS
    for choice in WAYS:
        assert f"| {choice} |" in printed
    boundaries = {r["where"] for r in report["choices"] if r["choice"] == "graphs recorded"}
    assert boundaries == {f"tiny bf16, token {length}" for length in ("513", "1,025", "2,049")}
    _left_out_is_what_is_not_installed(report, printed, "tiny bf16, llama.cpp in f16")


def _left_out_is_what_is_not_installed(
    report: dict[str, Any], printed: str, *llama_cpp: str
) -> None:
    reason = llama_cpp_peer.why_not(on_card=False)
    expected = [f"{part}: left out, {reason}" for part in llama_cpp if reason]
    assert [line for line in report["problems"] if "ValueError: rows of" not in line] == expected
    for line in expected:
        assert f"- {line}" in printed


@pytest.mark.slow
def test_a_dry_run_measures_every_precision_at_both_contexts_beside_transformers(
    tmp_path: Path,
) -> None:
    report, printed = dry_run(tmp_path)

    assert [case["name"] for case in report["cases"]] == [
        "tiny 4bit", "tiny 8bit, weights only", "tiny 8bit", "tiny bf16"
    ]  # fmt: skip
    for case in report["cases"]:
        assert [at["context"] for at in case["decode"]] == list(DRY.contexts)
        ways = Counter((peer["way"], peer["context"]) for peer in case["peers"])
        count = 0 if "weights only" in case["name"] else 1
        for way in ("generate, growing cache", "generate, static cache"):
            assert [ways[way, context] for context in DRY.contexts] == [count, count]
        assert case["parity"]["equal"]
        # LLM.int8 cannot be recorded: it looks at activations on the host.
        assert case["parity"]["recorded"] == (case["name"] != "tiny 8bit")
    assert report["yardsticks"]["copy"] > 0
    assert {load["precision"] for load in report["loads"]} == {"4bit", "8bit", "bf16"}
    _left_out_is_what_is_not_installed(
        report,
        printed,
        "tiny 4bit, llama.cpp in q4_0",
        "tiny 8bit, llama.cpp in q8_0",
        "tiny bf16, llama.cpp in f16",
    )


# --- what comes first, and what is left out --------------------------------------------------


def test_what_most_cards_need_is_measured_first() -> None:
    shapes = ("baichuan2-7b", "baichuan2-13b")
    precisions = (Precision.BF16, Precision.INT8, Precision.NF4)

    assert [held.name for held in cuda.by_worth(shapes, precisions)] == [
        "baichuan2-7b 4bit",
        "baichuan2-13b 4bit",
        "baichuan2-7b 8bit, weights only",
        "baichuan2-13b 8bit, weights only",
        "baichuan2-7b 8bit",
        "baichuan2-13b 8bit",
        "baichuan2-7b bf16",
        "baichuan2-13b bf16",
    ]
    assert cuda.by_worth(("tiny",), (Precision.FP16,)) == [Held("tiny", Precision.FP16)]


def run_until(ends: float) -> CardRun:
    return CardRun("cpu", (Precision.BF16,), DRY, new_tokens=4, ends=ends, json_file=None)


def test_no_part_begins_after_the_minutes_and_each_is_named() -> None:
    run = run_until(0.0)  # long ago
    began = []

    assert run.attempt("one", lambda: began.append(1)) is None

    assert began == []
    assert run.problems == ["one: left out, the minutes were used up"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (LeftOutError("the installed llama.cpp has no CUDA"), "left out, the installed llama.cpp"),
        (ModuleNotFoundError(name="bitsandbytes"), "left out, bitsandbytes is not installed"),
        (RuntimeError("shapes differ\nat a place"), "RuntimeError: shapes differ"),
    ],
)
def test_a_part_that_fails_is_named_and_the_others_go_on(error: Exception, line: str) -> None:
    run = run_until(float("inf"))

    def fail() -> None:
        raise error

    assert run.attempt("one", fail) is None
    assert run.attempt("two", lambda: 2) == 2

    assert len(run.problems) == 1
    assert run.problems[0].startswith(f"one: {line}")


def test_each_family_of_positions_is_measured_whatever_shapes_are_asked_for() -> None:
    assert catalogue.of_run(("tiny",)) == ("tiny", "tiny-alibi")
    assert catalogue.of_run(("baichuan2-13b",)) == ("baichuan2-7b", "baichuan2-13b")
    assert catalogue.of_run(("baichuan2-13b", "mid")) == ("mid", "baichuan2-13b")


def _by_the_wall(work: Callable[[], object], _device: str, _rounds: int) -> float:
    """A clock for stand-in cards, which have none of their own."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_each_choice_that_needs_no_compiled_kernel_is_recorded_and_measured_on_a_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a stand-in, where nothing may wait for the card while it is captured."""
    monkeypatch.setattr(clocks, "seconds", _by_the_wall)
    found: dict[str, set[str]] = {}

    with fake_cards(Card(), Card("second", 24 * GIB)):
        for name, setting in catalogue.settings(("tiny",), torch.bfloat16, "cuda:1", DRY):
            if name != "8 bits":  # bitsandbytes'
                rows = catalogue.measure(name, setting)
                found[name] = {way for row in rows for way in row.ways}
                if name == "later chunk of a prompt":
                    assert rows[0].taken == "causal_lower_right"

    own = {"8 bits", "graph", "graphs recorded"}
    assert found == {name: ways for name, ways in WAYS.items() if name not in own}


# --- both ways of a choice compute the same ---------------------------------------------------


def test_the_composed_norm_is_the_norm() -> None:
    torch.manual_seed(0)
    norm = RMSNorm(64, 1e-6)
    norm.weight.data.normal_()
    x = torch.randn(1, 3, 64)

    found = step.composed_norm(x, norm.weight, norm.eps)

    torch.testing.assert_close(found, norm(x), rtol=1e-5, atol=1e-6)


def test_a_choice_for_speed_that_is_slower_misses_its_goal() -> None:
    def row(choice: str, fused: float, saves: int = 0) -> dict[str, Any]:
        ways = {"fused": fused, "composed": 0.002}
        where = "7b, a token"
        return {
            "choice": choice, "where": where, "taken": "fused", "ways": ways, "saves_bytes": saves
        }  # fmt: skip

    rows = [row("quick", 0.001), row("slow", 0.004), row("small", 0.004, saves=2**30)]
    report = {"choices": rows}

    judged = {one["what"]: (one["figure"], one["met"]) for one in goals.judged(report)}
    assert judged == {
        "quick, times the other way": (2.0, True),
        "slow, times the other way": (0.5, False),
    }
    assert "| small | 7b, a token | fused: 4.000 | composed: 2.000 | 0.50 | saves 1.00 GiB |" in (
        tables.choices(rows)
    )


# --- llama.cpp -------------------------------------------------------------------------------


def test_a_random_file_for_llama_cpp_holds_every_tensor_of_the_shape() -> None:
    config = SHAPES["tiny"].config

    shapes = dict(llama_cpp_peer._gguf_shapes(config))

    weights = sum(torch.Size(shape).numel() for shape in shapes.values())
    assert weights == config.parameters
    assert shapes["blk.3.ffn_down.weight"] == (256, 688)
    assert "blk.4.attn_q.weight" not in shapes


@pytest.mark.parametrize(("kind", "block_bytes"), [("q4_0", 18), ("q8_0", 34)])
def test_blocks_of_a_random_file_are_as_llama_cpp_reads_them(kind: str, block_bytes: int) -> None:
    blocks = llama_cpp_peer._random_blocks(kind, SHAPES["tiny"].config)

    # the embedding is the largest: 2,048 rows of 256 weights, 32 to a block
    assert blocks.nbytes == 2048 * 256 // 32 * block_bytes
    scales = blocks.reshape(-1, block_bytes)[:, :2].copy().view("float16")
    assert set(scales.ravel().tolist()) == {float(scales[0, 0])}
    assert 0 < float(scales[0, 0]) < 0.01


# --- the probe -------------------------------------------------------------------------------


def test_the_probe_answers_every_question_without_a_card() -> None:
    command = [sys.executable, "-m", "benchmarks.cards.probe", "--device", "cpu"]
    command += ["--shapes", "tiny", "--seconds", "3600"]

    done = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=child_environment()
    )

    answers: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):  # torch's profiler prints too
            answers |= json.loads(line)
    asked = {name for name, _ in probe.questions("cpu", ["tiny"])}
    assert set(answers) - {"seconds"} == asked
    assert not [name for name, found in answers.items() if "error" in str(found)]
    assert answers["tiny 4bit"]["replay writes its logits"] is True
    assert answers["tiny 4bit"]["replay"]["kernels"] > 0
    assert len(answers["tiny bf16"]["eager ms by step"]) == 12
    assert answers["lost"] == "left out, a processor is not lost"


def test_a_question_that_fails_or_comes_too_late_costs_no_other() -> None:
    def fail() -> dict[str, Any]:
        raise ValueError("a reason")

    failed = probe._asked("one", fail, ends=float("inf"))
    late = probe._asked("two", fail, ends=0.0)

    assert failed["one"]["error"] == "ValueError: a reason"
    assert "test_cards.py" in failed["one"]["at"][-1]
    assert late == {"two": "left out, the seconds were used up"}


# --- a day with a card -----------------------------------------------------------------------


def _tests_with_a_card() -> dict[str, set[str]]:
    """Names of the tests that are skipped without a card, by file."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "tests").rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        if "needs_card" not in text and "needs_two" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            marks = {ast.unparse(one) for one in getattr(node, "decorator_list", ())}
            if marks & {"needs_card", "needs_two"}:
                name = file.relative_to(ROOT).as_posix()
                found.setdefault(name, set()).add(node.name)  # type: ignore[attr-defined]  # a function
    return found


def test_every_test_that_needs_a_card_is_run_on_a_day_with_one() -> None:
    found = _tests_with_a_card()

    assert len(found) > 1  # that is, they were found
    assert set(found) == set(day.CARD_TESTS)
    for names in found.values():
        assert {name for name in names if "card" not in name} == set()  # by which they are chosen


@pytest.mark.slow
def test_the_tests_of_a_card_pass_on_stand_in_cards() -> None:
    """But for what only a driver tells, and what only another process shows."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.helpers.with_fake_cards", "-q", "-rs"]
    command += ["-p", "no:cacheprovider", "-k", "not driver and not lost"]
    command += ["tests/backends/torch_backend/test_on_a_card.py"]

    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True, env=child_environment()
    )

    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout


def test_a_machine_with_a_card_needs_no_other_packages_than_are_named() -> None:
    """What is not named cannot be imported: the window's, bitsandbytes, NVML, ONNX."""
    others = ("PySide6", "bitsandbytes", "pynvml", "onnx", "onnxruntime")
    files = [file for file, packages in day.CARD_TESTS.items() if not packages]
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    modules += ["benchmarks.cuda", "benchmarks.cards.day", "benchmarks.cards.probe"]
    code = "import importlib, sys\n"
    code += "".join(f"sys.modules[{name!r}] = None\n" for name in others)
    code += "".join(f"importlib.import_module({name!r})\n" for name in modules)

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env=child_environment(),
    )

    assert len(files) > 1
    assert done.returncode == 0, done.stderr


def test_a_file_of_tests_names_the_packages_that_it_imports() -> None:
    for file, packages in day.CARD_TESTS.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        for package in packages:
            helper = {"onnx": "exports", "bitsandbytes": "low_bits"}.get(package, package)
            assert package in text or helper in text, file


def test_all_parts_of_a_day_end_within_its_time(tmp_path: Path) -> None:
    first = day.tests(["tests/a.py"], 570)
    second = day.probe("cuda:0", "baichuan2-7b", 570 - first.most_seconds)
    left = 570 - first.most_seconds - second.most_seconds
    third = day.benchmark("cuda:0", "baichuan2-7b", tmp_path, left)

    assert (first.most_seconds, second.most_seconds, third.most_seconds) == (150, 130, 290)
    assert second.command[-2:] == ("--seconds", "110")  # and 20 for what began just before
    assert third.command[third.command.index("--minutes") + 1] == "3.50"  # and 80 likewise


@pytest.mark.parametrize("left", [0.0, -5.0])
def test_a_part_for_which_no_time_is_left_is_not_begun(left: float, tmp_path: Path) -> None:
    assert day.tests([], left).most_seconds <= 0
    assert day.probe("cpu", "tiny", left).most_seconds <= 0
    assert day.benchmark("cpu", "tiny", tmp_path, left).most_seconds <= 0


def test_a_part_that_takes_too_long_is_ended_and_keeps_what_it_wrote(tmp_path: Path) -> None:
    code = "import time; print('found'); time.sleep(600)"

    assert not day._run(day.Part("slow", (sys.executable, "-c", code), 5), tmp_path)

    assert (tmp_path / "slow.txt").read_text(encoding="utf-8") == "found\n"


def test_a_package_that_is_not_there_is_missing() -> None:
    assert day.missing(("json", "no_such_package_at_all")) == ["no_such_package_at_all"]


def test_the_last_line_does_not_deny_what_a_part_left_out() -> None:
    said = day._end([])

    assert "Every part was begun." in said
    assert "Nothing" not in said
    assert day._end(["probe: the time was used up"]).splitlines() == [
        "Left out:",
        "probe: the time was used up",
    ]


@pytest.mark.slow
def test_a_dry_day_runs_every_part(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.cards.day", str(tmp_path), "--device", "cpu"]
    command += ["--shapes", "tiny", "--seconds", "3600"]

    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True, env=child_environment()
    )

    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == day._end([])
    files = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert files == {"machine.txt", "tests.txt", "probe.txt", "cuda.txt", "cuda.json"}
    assert "needs an NVIDIA card" in (tmp_path / "tests.txt").read_text(encoding="utf-8") or (
        torch.cuda.is_available()
    )
