"""What releases do differently with CPUs and domains of the device tree."""

from __future__ import annotations


def reads_vcpu_nodes(version: str) -> bool:
    """Whether children `xen,vcpu` of a domain's node pin its vCPUs (`domain_vcpu_affinity`, from 4.21.0)."""
    return version != "4.20"


def hardware_domain_by_node(version: str) -> bool:
    """Whether `capabilities` makes a dom0less domain the hardware domain (`parse_dom0less_node`, from 4.21.0)."""
    return version != "4.20"


def skipped_cpus_keep_their_number(version: str) -> bool:
    """Whether a CPU node without a usable enable-method leaves a hole in Xen's numbers (`dt_smp_init_cpus`).

    Mended by ccde3773c1 (backports 77015ef70d, f53ec9edb6): in 4.20.4 and 4.21.2, not in 4.22.0.
    """
    return version == "4.22"
