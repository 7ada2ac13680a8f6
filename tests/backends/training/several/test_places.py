from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import HostfileError, TrainingSettingsError
from backends.training.several import places
from backends.training.several.hostfile import Machine
from backends.training.several.places import Place
from backends.training.values import Data, Keeping, Several, TrainingRequest

HERE = {"lo": ("127.0.0.1", "::1"), "eth0": ("10.0.0.1", "fe80::1%eth0", "02:fc:00:00:00:01")}
FILE = Path("hostfile")


def _request(several: Several, **changes: Any) -> TrainingRequest:
    whole = TrainingRequest("model", Data(("data.json",)), Keeping("out"), several=several)
    return replace(whole, **changes)


@pytest.mark.parametrize(
    ("several", "wanted"),
    [
        (Several(), False),
        (Several(processes=2), True),
        (Several(hostfile="hosts"), True),
        (Several(deepspeed="ds_config.json"), True),
    ],
)
def test_processes_are_started_where_more_than_this_one_is_asked_for(
    several: Several, wanted: bool
) -> None:
    assert places.wants_ranks(_request(several)) is wanted


def test_without_a_hostfile_there_is_this_machine_on_loopback() -> None:
    machines = places.planned_machines(_request(Several(processes=3)))

    assert machines == (Machine("127.0.0.1", 3),)
    assert places.first_place(machines, None, HERE) == Place(0, machines, "127.0.0.1", 0)


@pytest.mark.parametrize("processes", [0, -1, 65])
def test_a_number_of_processes_that_no_machine_has_is_refused(processes: int) -> None:
    with pytest.raises(TrainingSettingsError, match=f"1 to 64 processes, and not {processes}"):
        places.planned_machines(_request(Several(processes=processes)))


def test_a_hostfile_says_how_many_processes_this_machine_has(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("10.0.0.1 slots=2\n10.0.0.2 slots=4", encoding="utf-8")

    (first, second) = places.planned_machines(_request(Several(hostfile=str(file))))

    assert (first.slots, second.slots) == (2, 4)
    assert Place(1, (first, second)).processes == 6
    assert Place(1, (first, second)).slots == 4
    with pytest.raises(TrainingSettingsError, match="gives this machine 2 processes, and the"):
        places.planned_machines(_request(Several(processes=3, hostfile=str(file))))


def test_the_first_machine_of_several_is_this_one() -> None:
    both = (Machine("10.0.0.1", 2), Machine("10.0.0.2", 2))

    assert places.first_place(both, FILE, HERE) == Place(0, both, "10.0.0.1")
    with pytest.raises(HostfileError, match=r"first machine is “10\.0\.0\.2”, which is not this"):
        places.first_place(both[::-1], FILE, HERE)


def test_one_machine_of_a_hostfile_speaks_to_itself_on_loopback() -> None:
    one = (Machine("10.0.0.1", 2),)

    assert places.first_place(one, FILE, HERE) == Place(0, one, "127.0.0.1")


def test_a_name_that_is_loopback_here_is_no_place_to_be_reached_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Debian writes a machine's own name into /etc/hosts."""
    known = {"node-1": "127.0.1.1", "node-2": "10.0.0.2"}
    monkeypatch.setattr(places, "resolved", known.get)
    both = (Machine("node-1", 2), Machine("node-2", 2))

    with pytest.raises(HostfileError, match=r"“node-1” is 127\.0\.1\.1 on this machine"):
        places.first_place(both, FILE, HERE)


def test_a_name_that_nobody_knows_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "resolved", lambda _: None)

    with pytest.raises(HostfileError, match="which is not this one"):
        places.first_place((Machine("node-1", 2),), FILE, HERE)


@pytest.mark.parametrize(
    ("address", "interface"),
    [
        ("127.0.0.1", "lo"),
        ("127.0.0.2", "lo"),
        ("::1", "lo"),
        ("10.0.0.1", "eth0"),
        ("fe80::1", "eth0"),
        ("10.0.0.9", None),
    ],
)
def test_an_interface_is_found_by_its_address(address: str, interface: str | None) -> None:
    assert places.interface_of(address, HERE) == interface


def test_this_machine_has_an_interface_of_loopback() -> None:
    assert places.interface_of("127.0.0.1", places.own_interfaces()) is not None


def test_another_machine_is_reached_by_ssh_without_any_question() -> None:
    command = places.remote_command(
        "10.0.0.2",
        ["/opt/app/bin/python", "-P", "-m", "backends.training.process"],
        {"PYTHONPATH": "/opt/a b", places.PLACE_VARIABLE: '{"number": 1}'},
        "/srv/数据",
    )

    *options, address, line = command
    assert options == [
        "ssh", "-T", "-oBatchMode=yes", "-oServerAliveInterval=30", "-oServerAliveCountMax=4", "--",
    ]  # fmt: skip
    assert address == "10.0.0.2"
    assert shlex.split(line) == [
        "cd", "/srv/数据", "&&", "exec", "env",
        'BAICHUAN_DESKTOP_TRAINING_PLACE={"number": 1}', "PYTHONPATH=/opt/a b",
        "/opt/app/bin/python", "-P", "-m", "backends.training.process",
    ]  # fmt: skip


@pytest.mark.parametrize(("slots", "cores", "threads"), [(2, 16, 8), (3, 16, 5), (4, 2, 1)])
def test_processes_of_a_machine_share_its_cores(slots: int, cores: int, threads: int) -> None:
    assert places.threads_of(slots, cores) == threads


@pytest.mark.parametrize(
    ("visible", "local", "card"),
    [
        (None, 0, "0"),
        (None, 3, "3"),
        ("4,5", 1, "5"),
        ("GPU-1,MIG-2", 1, "MIG-2"),
        ("4,5", 2, ""),  # more processes than cards are refused before
    ],
)
def test_each_process_sees_a_card_of_its_own_among_those_that_may_be_seen(
    visible: str | None, local: int, card: str
) -> None:
    assert places.own_card(visible, local) == card
