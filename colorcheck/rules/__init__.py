"""All rules in one tuple, and the function that runs them."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.applicable_fixes import mendable
from colorcheck.rules.attestation import cc701_log_differs, cc702_evidence_of_another_xen, cc703_xen_differs
from colorcheck.rules.domains import (
    cc301_color_out_of_range,
    cc302_domain_without_colors,
    cc303_same_name,
    cc304_policy_unknown_domain,
    cc305_policy_color_count,
    cc306_share_without_effect,
    cc307_dma_without_iommu,
    cc308_passthrough,
    cc309_domain_incomplete,
    cc310_needs_dom0,
    cc311_hardware_domain,
    cc319_device_not_in_tree,
)
from colorcheck.rules.files import (
    cc101_list_rejected,
    cc102_missing_number,
    cc103_octal_number,
    cc104_option_cut_off,
    cc105_unknown_option,
    cc106_half_geometry,
    cc107_bad_boolean,
    cc108_option_twice,
    cc109_value_rejected,
    cc110_size_without_unit,
    cc111_xl_colors_not_a_list,
    cc112_xl_text_dropped,
    cc113_xl_key,
    cc114_xl_number,
    cc115_duplicate_color,
    cc116_xen_color_order,
    cc117_tree_colors_type,
    cc118_empty_list,
    cc119_xl_rejects,
    cc120_xl_key_twice,
    cc121_built_without_coloring,
    cc122_tree_colors_rejected,
    cc123_colors_while_off,
    cc124_arguments_not_xens,
    cc125_tab_in_arguments,
    cc127_colors_cut,
    cc128_coloring_off,
    cc129_option_elsewhere,
    cc130_property_elsewhere,
    cc131_arguments_list,
    cc132_xl_value_kind,
    cc133_domain_property,
)
from colorcheck.rules.hardware import (
    cc601_board_unknown,
    cc602_geometry,
    cc603_tree_contradicts_manual,
    cc604_tree_completed,
    cc605_not_silicon,
    cc606_not_colorable,
    cc607_clusters_differ,
    cc608_l1_share,
    cc609_dram_banks,
    cc610_board_contradicts_tree,
)
from colorcheck.rules.isolation import (
    cc401_shared_colors,
    cc402_colors_meet,
    cc403_not_decided,
    cc404_vacuous,
    cc405_refuted,
    cc406_memory_given,
)
from colorcheck.rules.memory import (
    cc501_memory_does_not_fit,
    cc502_order_of_creation,
    cc503_relocation,
    cc504_reserve_too_small,
    cc505_reserve_too_large,
    cc506_lowest_region,
    cc507_dom0_low_memory,
    cc508_dom0_first_bank,
    cc509_lowest_region_takes_all,
    cc510_static_memory,
    cc511_direct_map,
    cc512_static_shared_memory,
    cc513_static_heap,
    cc514_p2m_pool,
    cc515_module_outside_memory,
    cc516_modules_overlap,
    cc517_open_fact,
    cc518_no_memory,
    cc519_not_whole_pages,
    cc520_dom0_memory_default,
    cc521_passthrough_memory,
    cc522_guest_cannot_be_built,
    cc523_restarts,
    cc524_dom0_may_balloon,
    cc525_dom0_devices,
    cc526_partial_tree,
    cc527_shared_memory,
    cc528_buddy_heap,
    cc529_partial_tree_refused,
    cc530_boot_modules,
    cc599_xen_stops,
)
from colorcheck.rules.reading import (
    cc001_syntax,
    cc002_unreadable,
    cc003_include,
    cc004_manifest_key,
    cc005_manifest_value,
    cc006_damaged_blob,
    cc007_device_tree_meaning,
    cc008_device_tree_rest,
    cc009_too_deep,
    cc010_not_utf8,
    cc011_needs_a_shell,
    cc012_kconfig,
    cc013_xen_image,
    cc014_other_kind,
    cc015_line_ends,
    cc020_boot_script_command,
    cc021_boot_script_syntax,
    cc022_boot_script_stops,
    cc023_boot_script_open,
    cc024_boot_script_beside,
    cc025_given_beside_script,
    cc026_log_contradicts,
    cc027_tree_of_dom0,
    cc099_input,
)
from colorcheck.rules.releases import (
    cc201_unknown_xen,
    cc202_other_dialect_option,
    cc203_other_dialect_property,
    cc204_other_dialect_xl_key,
    cc205_base_differs,
    cc206_versions_disagree,
    cc207_legacy_mode,
    cc208_list_must_ascend,
    cc210_xen_assumed,
    cc211_host_crash,
    cc212_toolstack_cannot_populate,
    cc213_inherited_colors,
    cc214_no_first_bank,
    cc215_image_builder_colors,
    cc216_image_builder_keys,
    cc217_hardware_domain_colors,
    cc218_image_builder_sizes,
    cc219_deep_tree,
    cc220_point_releases_differ,
)
from colorcheck.rules.requirements import cc810_no_evidence, cc811_requirement_not_met
from colorcheck.rules.rule import Rule
from colorcheck.rules.silence import (
    cc801_silence_without_reason,
    cc802_silence_unused,
    cc803_silence_unknown_rule,
    cc804_cannot_be_silenced,
    cc805_hidden_without_reason,
)
from colorcheck.rules.tool import cc901_rule_crash, cc902_untold_note, cc903_plugin
from colorcheck.rules.words import said as said
from colorcheck.verification.results import Facts, Fault

RULES: tuple[Rule, ...] = (
    cc001_syntax.RULE,
    cc002_unreadable.RULE,
    cc003_include.RULE,
    cc004_manifest_key.RULE,
    cc005_manifest_value.RULE,
    cc006_damaged_blob.RULE,
    cc007_device_tree_meaning.RULE,
    cc008_device_tree_rest.RULE,
    cc009_too_deep.RULE,
    cc010_not_utf8.RULE,
    cc011_needs_a_shell.RULE,
    cc012_kconfig.RULE,
    cc013_xen_image.RULE,
    cc014_other_kind.RULE,
    cc015_line_ends.RULE,
    cc020_boot_script_command.RULE,
    cc021_boot_script_syntax.RULE,
    cc022_boot_script_stops.RULE,
    cc023_boot_script_open.RULE,
    cc024_boot_script_beside.RULE,
    cc025_given_beside_script.RULE,
    cc026_log_contradicts.RULE,
    cc027_tree_of_dom0.RULE,
    cc099_input.RULE,
    cc101_list_rejected.RULE,
    cc102_missing_number.RULE,
    cc103_octal_number.RULE,
    cc104_option_cut_off.RULE,
    cc105_unknown_option.RULE,
    cc106_half_geometry.RULE,
    cc107_bad_boolean.RULE,
    cc108_option_twice.RULE,
    cc109_value_rejected.RULE,
    cc110_size_without_unit.RULE,
    cc111_xl_colors_not_a_list.RULE,
    cc112_xl_text_dropped.RULE,
    cc113_xl_key.RULE,
    cc114_xl_number.RULE,
    cc115_duplicate_color.RULE,
    cc116_xen_color_order.RULE,
    cc117_tree_colors_type.RULE,
    cc118_empty_list.RULE,
    cc119_xl_rejects.RULE,
    cc120_xl_key_twice.RULE,
    cc121_built_without_coloring.RULE,
    cc122_tree_colors_rejected.RULE,
    cc123_colors_while_off.RULE,
    cc124_arguments_not_xens.RULE,
    cc125_tab_in_arguments.RULE,
    cc127_colors_cut.RULE,
    cc128_coloring_off.RULE,
    cc129_option_elsewhere.RULE,
    cc130_property_elsewhere.RULE,
    cc131_arguments_list.RULE,
    cc132_xl_value_kind.RULE,
    cc133_domain_property.RULE,
    cc201_unknown_xen.RULE,
    cc202_other_dialect_option.RULE,
    cc203_other_dialect_property.RULE,
    cc204_other_dialect_xl_key.RULE,
    cc205_base_differs.RULE,
    cc206_versions_disagree.RULE,
    cc207_legacy_mode.RULE,
    cc208_list_must_ascend.RULE,
    cc210_xen_assumed.RULE,
    cc211_host_crash.RULE,
    cc212_toolstack_cannot_populate.RULE,
    cc213_inherited_colors.RULE,
    cc214_no_first_bank.RULE,
    cc215_image_builder_colors.RULE,
    cc216_image_builder_keys.RULE,
    cc217_hardware_domain_colors.RULE,
    cc218_image_builder_sizes.RULE,
    cc219_deep_tree.RULE,
    cc220_point_releases_differ.RULE,
    cc301_color_out_of_range.RULE,
    cc302_domain_without_colors.RULE,
    cc303_same_name.RULE,
    cc304_policy_unknown_domain.RULE,
    cc305_policy_color_count.RULE,
    cc306_share_without_effect.RULE,
    cc307_dma_without_iommu.RULE,
    cc308_passthrough.RULE,
    cc309_domain_incomplete.RULE,
    cc310_needs_dom0.RULE,
    cc311_hardware_domain.RULE,
    cc319_device_not_in_tree.RULE,
    cc401_shared_colors.RULE,
    cc402_colors_meet.RULE,
    cc403_not_decided.RULE,
    cc404_vacuous.RULE,
    cc405_refuted.RULE,
    cc406_memory_given.RULE,
    cc501_memory_does_not_fit.RULE,
    cc502_order_of_creation.RULE,
    cc503_relocation.RULE,
    cc504_reserve_too_small.RULE,
    cc505_reserve_too_large.RULE,
    cc506_lowest_region.RULE,
    cc507_dom0_low_memory.RULE,
    cc508_dom0_first_bank.RULE,
    cc509_lowest_region_takes_all.RULE,
    cc510_static_memory.RULE,
    cc511_direct_map.RULE,
    cc512_static_shared_memory.RULE,
    cc513_static_heap.RULE,
    cc514_p2m_pool.RULE,
    cc515_module_outside_memory.RULE,
    cc516_modules_overlap.RULE,
    cc517_open_fact.RULE,
    cc518_no_memory.RULE,
    cc519_not_whole_pages.RULE,
    cc520_dom0_memory_default.RULE,
    cc521_passthrough_memory.RULE,
    cc522_guest_cannot_be_built.RULE,
    cc523_restarts.RULE,
    cc524_dom0_may_balloon.RULE,
    cc525_dom0_devices.RULE,
    cc526_partial_tree.RULE,
    cc527_shared_memory.RULE,
    cc528_buddy_heap.RULE,
    cc529_partial_tree_refused.RULE,
    cc530_boot_modules.RULE,
    cc599_xen_stops.RULE,
    cc601_board_unknown.RULE,
    cc602_geometry.RULE,
    cc603_tree_contradicts_manual.RULE,
    cc604_tree_completed.RULE,
    cc605_not_silicon.RULE,
    cc606_not_colorable.RULE,
    cc607_clusters_differ.RULE,
    cc608_l1_share.RULE,
    cc609_dram_banks.RULE,
    cc610_board_contradicts_tree.RULE,
    cc701_log_differs.RULE,
    cc702_evidence_of_another_xen.RULE,
    cc703_xen_differs.RULE,
    cc801_silence_without_reason.RULE,
    cc802_silence_unused.RULE,
    cc803_silence_unknown_rule.RULE,
    cc804_cannot_be_silenced.RULE,
    cc805_hidden_without_reason.RULE,
    cc810_no_evidence.RULE,
    cc811_requirement_not_met.RULE,
    cc901_rule_crash.RULE,
    cc902_untold_note.RULE,
    cc903_plugin.RULE,
)


def run(facts: Facts, rules: Iterable[Rule] = RULES) -> tuple[tuple[Finding, ...], tuple[Fault, ...]]:
    """The findings of all rules, sorted by place, each once; and the faults of rules that crashed.

    A crash of one rule is a finding and a fault, and the other rules still run.
    """
    findings: dict[tuple[object, ...], Finding] = {}
    faults: list[Fault] = []
    rules = tuple(rules)
    taken = frozenset(kind for rule in RULES for kind in rule.kinds)
    nets = {
        cc099_input.RULE.id: lambda facts: cc099_input.untaken(facts, taken),
        cc902_untold_note.RULE.id: lambda facts: cc902_untold_note.untold(facts, taken),
    }
    for rule in rules:
        try:
            for finding in nets.get(rule.id, rule.check)(facts):
                findings.setdefault(order(finding), mendable(finding, facts.deployment))
        except MemoryError:  # not a crash of the rule: the inputs exceed the limits of the run
            raise
        except Exception as error:
            crash = cc901_rule_crash.finding(rule, error, facts)
            findings[order(crash)] = crash
            faults.append(Fault(f"rule {rule.id}", crash.message, traceback.format_exc()))
    return tuple(found for _, found in sorted(findings.items(), key=lambda item: item[0])), tuple(faults)


def order(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are reported: by severity, worst first, then by place, then by rule."""
    return (_WORST_FIRST[finding.severity], finding.location, finding.rule, finding.message)


_WORST_FIRST = {severity: rank for rank, severity in enumerate((Severity.ERROR, Severity.WARNING, Severity.INFO))}


def find(name: str, rules: Iterable[Rule] = RULES) -> Rule | None:
    """The rule with this ID (`CC401`, in either case) or name (`shared-colors`)."""
    return next((rule for rule in rules if name.upper() == rule.id or name.lower() == rule.name), None)
