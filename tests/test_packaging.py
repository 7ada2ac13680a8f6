"""What is built, and what is pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_every_file_of_both_packages_and_the_registry_and_nothing_else(
    wheel: Path,
) -> None:
    """But for what the page of the server is built from; it is built already."""
    page = ROOT / "baichuan_desktop" / "server" / "page"
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in ("baichuan_desktop", "backends")
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not path.is_relative_to(page / "source")
    }
    assert (page / "source" / "vite.config.js").exists()
    assert "baichuan_desktop/server/page/built/index.html" in expected
    expected.add("baichuan_desktop/models_registry.yaml")

    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in names if ".dist-info/" not in name} == expected
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_wheel_finds_its_own_registry(wheel: Path, tmp_path: Path) -> None:
    """From a checkout it is read in the folder above the package, which a wheel does not have."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "from baichuan_desktop.services.library.registry import __file__, shipped_registry\n"
        "print(__file__, shipped_registry().stat().st_size, sep='\\n')\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    module, size = result.stdout.splitlines()
    assert Path(module).is_relative_to(tmp_path)
    assert int(size) == (ROOT / "models_registry.yaml").stat().st_size


def test_the_page_is_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = [one.file_size for one in archive.infolist() if "/page/built/" in one.filename]

    assert 0 < sum(sizes) < 1_500_000


def test_everything_that_the_server_needs_is_an_extra_of_its_own() -> None:
    """Without it the app starts, and says what is missing when a server is asked for."""
    extras = PROJECT["project"]["optional-dependencies"]
    named = {canonicalize_name(Requirement(need).name) for need in extras["server"]}
    always = {
        canonicalize_name(Requirement(one).name) for one in PROJECT["project"]["dependencies"]
    }

    assert named == {"starlette", "uvicorn", "llguidance"}
    assert not named & always
    assert named <= _pins(LOCKS[0]).keys()


def _pins(lock: str) -> dict[str, str]:
    """Version by name. A line that is neither a pin nor a comment is wrong."""
    pins: dict[str, str] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
            assert match, f"{lock}: {line}"
            name = canonicalize_name(match[1])
            assert name not in pins, f"{lock}: {line}"
            pins[name] = match[2]
    return pins


def test_no_package_is_in_both_locks() -> None:
    assert _pins(LOCKS[0]).keys().isdisjoint(_pins(LOCKS[1]))


def test_torch_comes_first() -> None:
    """Every other package that needs torch then takes the one that is there."""
    assert next(iter(_pins(LOCKS[0]))) == "torch"


@pytest.mark.parametrize("lock", LOCKS)
def test_what_these_tests_run_on_is_what_is_pinned(lock: str) -> None:
    pins = _pins(lock)

    installed = {name: metadata.version(name).partition("+")[0] for name in pins}

    assert installed == pins


@pytest.mark.parametrize("lock", LOCKS)
def test_every_need_of_a_pinned_package_is_pinned(lock: str) -> None:
    pins = _pins(LOCKS[0]) | (_pins(lock) if lock != LOCKS[0] else {})
    for name in pins.keys() & _pins(lock).keys():
        for need in metadata.requires(name) or []:
            _assert_met(Requirement(need), pins, f"{name} needs {need}")


#: Extras of machines with cards; no check has one, so nothing of them is pinned.
_FOR_CARDS = {"onnx-gpu", "deepspeed"}


def test_the_locks_meet_the_ranges_of_the_project() -> None:
    pins = _pins(LOCKS[0])
    for need in PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]:
        _assert_met(Requirement(need), pins, need)
    pins |= _pins(LOCKS[1])
    for need in PROJECT["dependency-groups"]["dev"]:
        if Requirement(need).name != PROJECT["project"]["name"]:
            _assert_met(Requirement(need), pins, need)
    pinned = {"optimum": _pins("requirements-interop.lock")}
    extras = PROJECT["project"]["optional-dependencies"]
    for extra, needs in extras.items():
        for need in map(Requirement, needs):
            if need.name == PROJECT["project"]["name"]:  # what another extra has
                assert need.extras <= extras.keys()
            elif extra not in _FOR_CARDS:
                _assert_met(need, pinned.get(extra, pins), str(need))


def test_the_two_builds_of_onnxruntime_are_never_asked_for_together() -> None:
    """They write the same folder: the one installed last wins, and neither pip nor uv says so."""
    asked = [set(_pins(LOCKS[0]) | _pins(LOCKS[1]))]
    for needs in (
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
    ):
        asked.append({canonicalize_name(Requirement(need).name) for need in needs})

    assert any("onnxruntime" in names for names in asked)
    assert any("onnxruntime-gpu" in names for names in asked)
    for names in asked:
        assert not {"onnxruntime", "onnxruntime-gpu"} <= names


def _assert_met(need: Requirement, pins: dict[str, str], said: str) -> None:
    if need.marker is None or need.marker.evaluate({"extra": ""}):
        version = pins.get(canonicalize_name(need.name))
        assert version is not None, f"{said}, which is not pinned"
        assert need.specifier.contains(version), f"{said}, and {version} is pinned"


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for Linux")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), ["installer/linux/setup.sh"]),
        (("--dev",), ["installer/linux/setup.sh --dev"] * 2),
    ],
)
def test_what_a_check_says_to_run_installs_what_it_missed(
    options: tuple[str, ...], told: list[str], tmp_path: Path
) -> None:
    script = tmp_path / "installer" / "linux" / "setup.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "installer" / "linux" / "setup.sh", script)
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)

    result = subprocess.run(
        ["bash", str(script), "--check", *options], check=False, capture_output=True, text=True
    )

    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith(".venv does not hold")]
    assert [line.partition("; run ")[2] for line in lines] == told
    assert [line.split(" of ")[1].partition(";")[0] for line in lines] == list(LOCKS[: len(told)])
