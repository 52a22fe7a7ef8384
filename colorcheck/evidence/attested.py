"""Compares a boot log with its deployment: for `attest`, for the folder of evidence and for the log that a manifest
names.
"""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.evidence.attest import Attestation, Attested, LogCheck, attest, attest_arguments
from colorcheck.inputs.boot.boot_log import BootLog
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import built_in_arguments, logged_command_line
from colorcheck.xen.release.log_version import log_version


def attested(log: BootLog, facts: Facts) -> tuple[Attested, str] | None:
    """Compare the log with the target whose release it names, otherwise with the first; returns the result and that
    release. None if no release could be modelled. A log attests nothing about inputs that were not read.
    """
    said = log_version(str(log.version.value)) if log.version else None
    command_line = logged_command_line(facts.deployment)
    boots = list(facts.boots())
    if not boots:
        systems = [(result.release, result.system) for result in facts.results if result.system is not None]
        if not systems:
            return None
        release, system = systems[0]
        return _as_far_as_read(attest_arguments(log, system, command_line), facts), release
    near = (each for each in boots if said and said.is_near(each[1].system.release))
    same = (each for each in boots if said and said.agrees(each[1].system.release))
    release, boot = next(same, next(near, boots[0]))
    known = facts.deployment.boot_log
    source = log.file if known and known.digest == log.digest else ""
    built_in = built_in_arguments(facts.deployment).text
    lacks = "there is no device tree" if facts.deployment.tree is None else ""
    found = attest(log, boot, command_line, built_in=built_in, source=source, lacks=lacks)
    return _as_far_as_read(found, facts), release


def contradictions(facts: Facts) -> tuple[LogCheck, ...]:
    """Differences between the log that the manifest names and the model built with its help.

    Empty if the log is of a different release than the checked ones, which a separate finding reports.
    """
    log = facts.deployment.boot_log
    said = log_version(str(log.version.value)) if log is not None and log.version is not None else None
    if log is None or (said is not None and not any(said.is_near(system.release) for _, system in facts.systems())):
        return ()
    found = attested(log, facts)
    return tuple(check for check in found[0].checks if check.agrees is False) if found else ()


def _as_far_as_read(found: Attested, facts: Facts) -> Attested:
    opened = [fact for fact in open_facts(facts, Reach.MEMORY) if fact.opaque]
    if not opened or found.verdict is not Attestation.ATTESTED:
        return found
    why = f"the log agrees, but the model it is compared with is incomplete: {opened[0].why}"
    return replace(found, verdict=Attestation.TOO_LITTLE, reason=why)
