"""Types of Xen's options that have nothing to do with colors: booleans, integers, sizes, texts.

Options with their own reader (`loglvl`, `iommu`, `dom0`, …) are not here.

Source: each `boolean_param`, `integer_param`, `size_param` and `string_param` of the common code, the drivers and the
Arm code of RELEASE-4.20.4, 4.21.2 and 4.22.0, with the width of their variables.
"""

from __future__ import annotations

BOOLEANS: frozenset[str] = frozenset(
    [
        "ats",
        "console_to_ring",
        "dit",
        "dom0_vcpus_pin",
        "ext_regions",
        "hmp-unsafe",
        "noreboot",
        "partial-emulation",
        "pci-passthrough",
        "pdx-compress",
        "sched_smt_power_savings",
        "scmi-smc-passthrough",
        "scrub-domheap",
        "sync_console",
        "tickle_one_idle_cpu",
    ]
)

INTEGERS: dict[str, int] = {
    **dict.fromkeys(
        (
            "credit2_balance_over",
            "credit2_balance_under",
            "credit2_cap_period_ms",
            "credit2_load_precision_shift",
            "credit2_load_window_shift",
            "debug_stack_lines",
            "dma_bits",
            "dom0_max_vcpus",
            "iommu_dev_iotlb_timeout",
            "load-balance-ratelimit",
            "lock-depth-size",
            "max_lpi_bits",
            "maxcpus",
            "rcu-idle-timer-period-ms",
            "sched_credit2_max_cpus_runqueue",
            "sched_credit2_migrate_resist",
            "sched_credit_tslice_ms",
            "sched_ratelimit_us",
            "tbuf_size",
            "tevt_mask",
            "timer_slop",
            "vcpu_migration_delay",
        ),
        32,
    ),
    "hardware_dom": 16,
}
"""By name, the bits of the variable."""

SIZES: dict[str, int] = {"bootscrub_chunk": 64, "conring_size": 32, "low_mem_virq_limit": 64, "serial_tx_buffer": 32}
"""By name, the bits of the variable."""

TEXTS: dict[str, int] = {
    "badpage": 100,
    "com1": 128,
    "com2": 128,
    "console": 30,
    "conswitch": 3,
    **dict.fromkeys((f"crash-debug-{each}" for each in ("debugkey", "hwdom", "kexeccmd", "panic", "watchdog")), 32),
    "dtuart": 256,
    "sched": 10,
    "tee": 16,
}
"""By name, the size of the buffer in bytes, including the final NUL: longer texts are cut off."""
