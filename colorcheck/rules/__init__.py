"""The rules, all in one tuple, and the one way to run them."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from colorcheck.diagnostic import Finding
from colorcheck.results import Facts, Fault
from colorcheck.rules import (
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
    cc099_input,
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
    cc115_duplicate_color,
    cc116_xen_color_order,
    cc124_arguments_not_xens,
    cc125_tab_in_arguments,
    cc128_coloring_off,
    cc202_other_dialect_option,
    cc301_color_out_of_range,
    cc302_domain_without_colors,
    cc303_same_name,
    cc304_policy_unknown_domain,
    cc305_policy_color_count,
    cc306_share_without_effect,
    cc401_shared_colors,
    cc402_colors_meet,
    cc403_not_decided,
    cc404_vacuous,
    cc405_refuted,
    cc501_memory_does_not_fit,
    cc502_order_of_creation,
    cc503_relocation,
    cc504_reserve_too_small,
    cc505_reserve_too_large,
    cc506_lowest_region,
    cc599_xen_stops,
    cc901_rule_crash,
    cc902_untold_note,
)
from colorcheck.rules.rule import Rule

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
    cc115_duplicate_color.RULE,
    cc116_xen_color_order.RULE,
    cc124_arguments_not_xens.RULE,
    cc125_tab_in_arguments.RULE,
    cc128_coloring_off.RULE,
    cc202_other_dialect_option.RULE,
    cc301_color_out_of_range.RULE,
    cc302_domain_without_colors.RULE,
    cc303_same_name.RULE,
    cc304_policy_unknown_domain.RULE,
    cc305_policy_color_count.RULE,
    cc306_share_without_effect.RULE,
    cc401_shared_colors.RULE,
    cc402_colors_meet.RULE,
    cc403_not_decided.RULE,
    cc404_vacuous.RULE,
    cc405_refuted.RULE,
    cc501_memory_does_not_fit.RULE,
    cc502_order_of_creation.RULE,
    cc503_relocation.RULE,
    cc504_reserve_too_small.RULE,
    cc505_reserve_too_large.RULE,
    cc506_lowest_region.RULE,
    cc599_xen_stops.RULE,
    cc901_rule_crash.RULE,
    cc902_untold_note.RULE,
)


def run(facts: Facts, rules: Iterable[Rule] = RULES) -> tuple[tuple[Finding, ...], tuple[Fault, ...]]:
    """The findings of all rules, sorted by place, each once; and the faults of rules that crashed.

    A crash of one rule is a finding and a fault, and the other rules still run.
    """
    findings: dict[tuple[object, ...], Finding] = {}
    faults: list[Fault] = []
    for rule in rules:
        try:
            for finding in rule.check(facts):
                findings.setdefault(order(finding), finding)
        except Exception as error:
            crash = cc901_rule_crash.finding(rule, error, facts)
            findings[order(crash)] = crash
            faults.append(Fault(f"rule {rule.id}", crash.message, traceback.format_exc()))
    return tuple(found for _, found in sorted(findings.items(), key=lambda item: item[0])), tuple(faults)


def order(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are told: by place, then by rule."""
    return (finding.location, finding.rule, finding.message)


def find(name: str, rules: Iterable[Rule] = RULES) -> Rule | None:
    """The rule with this ID (`CC401`, in either case) or name (`shared-colors`)."""
    return next((rule for rule in rules if name.upper() == rule.id or name.lower() == rule.name), None)
