"""`make mutate`: mutants of xen/ and proof/ by mutmut, each judged by the tests that run the function it lies in.

    python -m tests.mutation.run --sample 300 --seed 1   # that many of all mutants, drawn by lot
    python -m tests.mutation.run                         # all of them
    python -m tests.mutation.run 'colorcheck.proof.*'    # those with such a name

Everything is kept in `mutants/`: the program with its mutants, `covering.jsonl` (which functions each test runs, and
how long it takes) and `answers.jsonl`. A run that was interrupted goes on; a second one judges only functions that
changed, and mutants that survived and have other tests now. `rm -r mutants` begins anew.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.mutation.choice import drawn, judges, only_importing, read_covering
from tests.mutation.rooms import MUTANTS, NOTICED, report

if TYPE_CHECKING:
    from tests.mutation.judging import Asked

JUDGES = ("tests/xen", "tests/rules", "tests/replay", "tests/proof", "tests/loader", "tests/mutation")
"""Folders whose tests judge: those that run the model or the proofs in this process."""
LEFT_OUT = (
    "tests/xen/test_no_stand_ins.py",
    "tests/xen/test_releases.py::test_nothing_asks_for_the_name_of_a_release",
    "tests/mutation/test_mutants.py::test_mutant_is_caught",
    "tests/proof/test_z3_library.py::test_a_library_in_the_current_folder_is_not_loaded",
)
"""Tests of what the source says, not of what it does."""
ANSWERS, COVERING, ASKED = (MUTANTS / name for name in ("answers.jsonl", "covering.jsonl", "asked.json"))


def generate() -> dict[str, str]:
    """Every mutant, with what identifies the function that it changes. Only files that changed are written anew."""
    from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.trampoline import set_mutant_under_test
    from mutmut.utils.file_utils import walk_mutatable_files
    from mutmut.utils.format_utils import mangled_name_from_mutant_name

    set_mutant_under_test("mutant_generation")
    MUTANTS.mkdir(exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(1)
    found = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for mutant in data.exit_code_by_key:
            function = mangled_name_from_mutant_name(mutant).rpartition(".")[2]
            found[mutant] = data.hash_by_function_name[function]
    return found


def pytest_in_copy(plugin: str, *arguments: str, **variables: str) -> None:
    """Run pytest in the copy of the program, with one of the plugins beside this file."""
    here = MUTANTS.resolve()
    path = os.pathsep.join(map(str, (here, here / "plugins")))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", f"tests.mutation.{plugin}"]
    command += ["--rootdir=.", "--hypothesis-profile=mutants", *(f"--deselect={each}" for each in LEFT_OUT)]
    environment = os.environ | {"PYTHONPATH": path, "PY_IGNORE_IMPORTMISMATCH": "1"} | variables
    subprocess.run([*command, *arguments], cwd=here, env=environment, check=False)


def to_ask(wanted: list[str], mutants: dict[str, str], seconds: float) -> list[Asked]:
    """The mutants without an answer that still counts, each with its tests, cheap ones first."""
    covering = read_covering(COVERING)
    known = answers()
    asked: list[Asked] = []
    for mutant in wanted:
        function = mutant.partition("__mutmut_")[0]
        tests = judges(function, covering, seconds)
        by = hashlib.sha256("\n".join(f"{each.test} {each.file}" for each in tests).encode()).hexdigest()[:12]
        before = known.get(mutant, {})
        same = before.get("function") == mutants[mutant]
        if same and (before["answer"] in NOTICED or before["tests_are"] == by):
            continue
        asked.append(
            {
                "mutant": mutant,
                "function": mutants[mutant],
                "importing": only_importing(function, covering),
                "tests_are": by,
                "tests": [each.test for each in tests],
                "seconds": sum(each.seconds for each in tests),
            }
        )
    return sorted(asked, key=lambda each: each["seconds"])


def judge(asked: list[Asked], mutant: str = "") -> None:
    """Judge these mutants, in processes forked from one that imported the program as it is, or as the mutant has it."""
    ASKED.write_text(json.dumps(asked), encoding="utf-8")
    given = {"MUTANT_UNDER_TEST": mutant, "ASKED": str(ASKED.resolve()), "ANSWERS": str(ANSWERS.resolve())}
    if asked:
        pytest_in_copy("judging", *JUDGES, **given)
    if mutant and answers().get(mutant, {}).get("tests_are") != asked[0]["tests_are"]:  # it cannot even be imported
        with ANSWERS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asked[0] | {"answer": "noticed", "by": "import", "tests": 0}) + "\n")


def answers() -> dict[str, dict[str, str]]:
    lines = ANSWERS.read_text(encoding="utf-8").splitlines() if ANSWERS.exists() else []
    return {each["mutant"]: each for each in map(json.loads, lines)}


def main() -> None:
    of = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    of.add_argument("--sample", type=int, help="judge this many, drawn by lot")
    of.add_argument("--seed", type=int, default=1, help="of the lot (1)")
    of.add_argument("--seconds", type=float, default=30, help="of the processor that a mutant's tests may take (30)")
    of.add_argument("patterns", nargs="*", metavar="PATTERN", help="names of mutants")
    given = of.parse_args()
    mutants = generate()
    wanted = drawn(mutants, given.patterns, given.sample, given.seed)
    pytest_in_copy("covering", *JUDGES, MUTANT_UNDER_TEST="stats", COVERING=str(COVERING.resolve()))
    asked = to_ask(wanted, mutants, given.seconds)
    judge([each for each in asked if not each["importing"]])
    for each in asked:
        if each["importing"]:
            judge([each], each["mutant"])
    found = answers()
    print(report({mutant: found[mutant]["answer"] for mutant in wanted if mutant in found}))


if __name__ == "__main__":
    main()
