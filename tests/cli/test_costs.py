"""What one input may cost: a step that takes too long or too much memory ends with a finding, and the run goes on."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.files.costs import Allowance, TooCostly, _Alarm, _Clock, allowed, costing
from colorcheck.fleet.checked import Job
from colorcheck.fleet.run import check
from colorcheck.inputs.xl import xl
from colorcheck.rules.example import GUEST, Example

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Example(guests=(("rt.cfg", GUEST),)).write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def slow(*_: object) -> None:
    while True:
        pass


def hungry(*_: object) -> None:
    held = []
    while True:
        held.append(bytes(1 << 22))


Readers = list[Callable[..., object]]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """The last of these reads xl files instead. A module that is first imported now keeps what it gets, so that is the
    real reader again when the test is over.
    """
    found: Readers = [xl.read_xl]

    def last(*given: object, **named: object) -> object:
        return found[-1](*given, **named)

    monkeypatch.setattr(xl, "read_xl", last)
    yield found
    del found[1:]


LIMITS = {"slow": ["--input-seconds", "0.5"], "hungry": ["--input-memory", "128M"]}
SAID = {"slow": "takes more than 0.5 s", "hungry": "needs more than 128 MiB of memory"}


def is_as_before() -> bool:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return soft == resource.RLIM_INFINITY and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("reader", [slow, hungry])
@pytest.mark.parametrize("command", [["verify"], ["effective"], ["replay"], ["plan"], ["migrate", "--to", "4.22"]])
def test_a_reader_that_takes_too_much(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    readers: Readers,
    reader: Callable[..., None],
    command: list[str],
) -> None:
    readers.append(reader)
    assert main([*command, *LIMITS[reader.__name__]]) in ((1,) if command == ["verify"] else (2, 4))
    told = capsys.readouterr()
    text = " ".join((told.out + told.err).split())
    assert SAID[reader.__name__] in text
    assert "rt.cfg" in text
    assert is_as_before()
    readers.pop()
    assert main(["verify"]) == 0


@pytest.mark.parametrize("reader", [slow, hungry])
def test_in_a_fleet_and_between_folders(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    readers: Readers,
    reader: Callable[..., None],
) -> None:
    readers.append(reader)
    checked = check(Job("colorcheck.toml", seconds=0.5, memory=128 << 20))
    assert (checked.status, checked.errors) == (1, 1)
    assert main(["diff", ".", ".", *LIMITS[reader.__name__]]) == 4
    assert "nothing changed" not in capsys.readouterr().out


def test_the_finding_has_a_place(here: Path, readers: Readers) -> None:
    readers.append(slow)
    with allowed(Allowance(seconds=0.5)):
        found = api.verify("colorcheck.toml")
    assert [(f.rule, f.location.file) for f in found.findings if f.rule == "CC002"] == [("CC002", "rt.cfg")]
    assert not found.faults
    assert not [theorem for theorem in found.theorems if theorem.verdict == "proved"]


def test_a_model_that_takes_too_much(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("colorcheck.workflows.verify.Worlds", slow)
    assert main(["verify", *LIMITS["slow"]]) == 1
    assert "modelling Xen 4.20 takes more than 0.5 s" in " ".join(capsys.readouterr().out.split())


def test_the_library_allows_everything() -> None:
    with costing():
        assert is_as_before()
    with allowed(Allowance(memory=1 << 26)), pytest.raises(TooCostly), costing():
        hungry()
    assert is_as_before()


@pytest.mark.parametrize(
    "words",
    [
        ["--input-seconds", "0"],
        ["--input-seconds", "0.003"],
        ["--input-seconds", "nan"],
        ["--input-memory", "0"],
        ["--input-memory", "4"],
    ],
)
def test_a_limit_that_is_none(here: Path, words: list[str]) -> None:
    assert main(["verify", *words]) == 2


def test_inside_of_one_call_the_system_ends_it() -> None:
    """Where Python never comes back, as in a search of `re` that does not end, the process dies; never with 0."""
    script = (
        "import ctypes\n"
        "from colorcheck.files.costs import Allowance, allowed, costing\n"
        "with allowed(Allowance(0.2)), costing():\n"
        "    ctypes.PyDLL(None).pause()\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGALRM


def test_a_step_can_be_traced() -> None:
    """A debugger, a profiler or a measurement of coverage goes through a step: CPython 3.11 once never came out."""
    script = (
        "import cProfile\n"
        "from colorcheck.files.costs import Allowance, allowed, costing\n"
        "with cProfile.Profile(), allowed(Allowance(20.0, 1 << 32)):\n"
        "    for _ in range(50):\n"
        "        with costing():\n"
        "            sum(range(100))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def until_late(seconds: float) -> float:
    """How long a step that never ends takes until it is interrupted."""
    begin = time.monotonic()
    with allowed(Allowance(seconds)), pytest.raises(TooCostly), costing():
        slow()
    return time.monotonic() - begin


def test_a_short_step_is_not_late_after_or_in_a_long_one() -> None:
    for _ in range(2):
        with allowed(Allowance(60.0)), costing():
            assert 0.5 <= until_late(0.5) < 10
        assert 0.5 <= until_late(0.5) < 10
    assert is_as_before()


def test_all_steps_share_one_thread() -> None:
    with allowed(Allowance(60.0)):
        for _ in range(50):
            with costing():
                pass
    assert [thread.name for thread in threading.enumerate()].count("alarms") == 1


def test_steps_of_several_threads_are_each_interrupted() -> None:
    found: list[float] = []
    threads = [threading.Thread(target=lambda: found.append(until_late(0.5))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 3
    assert is_as_before()


def test_a_timer_that_was_set_before_goes_on() -> None:
    signal.setitimer(signal.ITIMER_REAL, 500.0, 7.0)
    try:
        with allowed(Allowance(60.0)), costing():
            assert signal.getitimer(signal.ITIMER_REAL)[0] < 122
            with costing():
                pass
            assert signal.getitimer(signal.ITIMER_REAL)[0] < 122
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert (490 < left <= 500, interval) == (True, 7.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def test_a_forked_process_has_a_clock_of_its_own() -> None:
    script = (
        "import os, sys\n"
        "from colorcheck.files.costs import Allowance, TooCostly, _Alarm, _Clock, allowed, costing\n"
        "with allowed(Allowance(60.0)), costing():\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n"
        "            with allowed(Allowance(0.2)), costing():\n"
        "                while True: pass\n"
        "        except TooCostly:\n"
        "            os._exit(7)\n"
        "        os._exit(1)\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 7


def test_nothing_is_left_of_an_alarm_whose_thread_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, before = _Clock(), signal.getitimer(signal.ITIMER_REAL)

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(RuntimeError):
        clock.set(_Alarm(1.0))
    assert (clock._alarms, clock._ends, signal.getitimer(signal.ITIMER_REAL)) == ({}, {}, before)


def test_the_clock_goes_on_without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    wait, failed = threading.Condition.wait, list[int]()

    def once(self: threading.Condition, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "alarms" and len(failed) < 3:
            failed.append(1)
            raise MemoryError
        return wait(self, timeout)

    monkeypatch.setattr(threading.Condition, "wait", once)
    clock, fired = _Clock(), threading.Event()
    alarm = _Alarm(0.2)
    monkeypatch.setattr(alarm, "fire", fired.set)
    clock.set(alarm)
    try:
        assert fired.wait(10)
    finally:
        clock.clear(alarm)
    assert len(failed) == 3


def test_the_thread_of_alarms_is_not_part_of_what_a_step_may_add() -> None:
    """With its stack and arena in a small limit, whether a step had enough would depend on the addresses it got."""
    script = (
        "import threading\n"
        "from colorcheck.files.costs import Allowance, allowed, costing\n"
        "with allowed(Allowance(60.0, 12 << 20)), costing():\n"
        "    assert [thread.name for thread in threading.enumerate()].count('alarms') == 1\n"
        "    bytes(10 << 20)\n"
    )
    for _ in range(5):
        subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
