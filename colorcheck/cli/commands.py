"""All commands: name, module and help texts."""

from __future__ import annotations

from msgspec import Struct


class CliCommand(Struct, frozen=True):
    """A command; `module` is its file in this folder, without ending."""

    name: str
    summary: str
    description: str

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")


INSTEAD_OF_KEYS = "instead of keys of the manifest"

COMMANDS: tuple[CliCommand, ...] = (
    CliCommand(
        "verify",
        "check a deployment and prove its isolation; the gate for CI",
        """\
Read the deployment, work out what Xen does with it, check it, and prove or refute that its domains cannot evict
each other's lines from the last-level cache and that the memory of each fits.

  colorcheck verify                          the colorcheck.toml in this folder
  colorcheck verify deployments/zcu102       the one in another folder
  colorcheck verify --xen 4.20 --board zcu102 --device-tree system.dts --domain rt.cfg
  colorcheck verify --output sarif=colorcheck.sarif --output html=report.html
  colorcheck verify --fix                    apply the corrections that are safe
  colorcheck verify . --recursive            every deployment below this folder""",
    ),
    CliCommand(
        "effective",
        "show which colors Xen really gives to whom, and why",
        """\
Show how each Xen reads the files: whether coloring is on, how many colors there are, which of them Xen, dom0 and
every domain get, where they come from, and which options are ignored or do not mean what they seem to mean.
Nothing is proved.

  colorcheck effective                       the deployment of this folder
  colorcheck effective --xen 4.22            the same files under another Xen
  colorcheck effective --explain-affinity    also which domains share the cache of a cluster""",
    ),
    CliCommand(
        "replay",
        "boot the deployment in the simulated allocator",
        """\
Boot the deployment frame by frame in a model of Xen's allocators: where Xen moves, what the buddy heap takes, how
many frames each color has, and which domains can be built from them in the given order.

  colorcheck replay                          the deployment of this folder
  colorcheck replay --xen 4.21 --xen 4.22    under two releases
  colorcheck replay --format json            with every frame of every domain""",
    ),
    CliCommand(
        "attest",
        "compare a real boot log with the model",
        """\
Read the output of Xen's serial console, including that of the debug keys m, H and q if present, and compare it
with the model: version, command line, cache, colors, placement, free frames per color, panic. Exits with 0 if the
log confirms the model, 1 if it differs, 4 if it says too little.

  colorcheck attest --log serial.txt         the deployment of this folder""",
    ),
    CliCommand(
        "boot",
        "boot your own Xen under QEMU and compare",
        """\
Boot a binary of Xen under QEMU (qemu-system-aarch64) with the domains, colors, options and memory of the deployment,
press the debug keys, and compare the output with the model: on the deployment's board if QEMU has it, otherwise
moved to QEMU's virt machine, with a line for everything that differs from the board. Guests are idle stubs;
only Xen itself is the deployment's. With --campaign, boot generated systems instead.

  colorcheck boot --xen xen                  the deployment of this folder
  colorcheck boot --xen xen --campaign 200   200 generated systems, about 10 s each, two at a time""",
    ),
    CliCommand(
        "diff",
        "show how a change affects isolation and memory; the gate for merges",
        """\
Verify a deployment before and after a change and show what changed: pairs of domains that are no longer proved
isolated, colors that moved, memory left, new findings, assumptions of the proofs. The working tree is not modified.

  colorcheck diff main                       the working tree against the branch main
  colorcheck diff main HEAD --path boards/a  one deployment of several
  colorcheck diff old/ new/                  two folders""",
    ),
    CliCommand(
        "baseline",
        "accept known findings and report only new ones",
        """\
Record the findings that a project already has in a file, so that only new ones fail. They are recognized by
fingerprints that survive moved lines. Refuted theorems are always reported: accepted sharing belongs in the
policy.

  colorcheck baseline create                 write today's findings to colorcheck-baseline.json
  colorcheck baseline check                  verify, and report what is new
  colorcheck baseline prune                  remove what has been fixed""",
    ),
    CliCommand(
        "plan",
        "find colors that are disjoint and leave enough memory",
        """\
Find an assignment of colors to Xen and all domains that the policy allows and whose memory fits; or say which
requirements contradict each other. Coloring must be on (llc-coloring=on among Xen's boot arguments).

  colorcheck plan                            the smallest change that fixes it; for an uncolored system, the best plan
  colorcheck plan --full                     the best plan, with proof that it is the best
  colorcheck plan --diff                     as a diff of the input files
  colorcheck plan --write                    change them and verify again; restored if that fails; --undo later
  colorcheck plan --min rt=4 --keep xen      with requirements; more of them below
  colorcheck plan --why "rt has 2-5"         what would break, with source lines
  colorcheck plan --domain new:512M          what another guest would cost
  colorcheck plan . --front cache,margin     all plans that are not worse than another in every respect
  colorcheck plan --out plan.json            save it, for plan --apply plan.json""",
    ),
    CliCommand(
        "migrate",
        "translate the files for another release of Xen",
        """\
Translate boot arguments, colors of domains, xl files, ImageBuilder's XEN_CMD and the manifest's `xen` into the spelling
of another Xen without changing their meaning. What cannot be expressed there is reported, with exit status 1.

  colorcheck migrate --to 4.22                 show what would change
  colorcheck migrate --to 4.22 --write         change the files""",
    ),
    CliCommand(
        "interfere",
        "simulate the caches under attack",
        """\
Simulate the board's caches, private and shared, while the domains run workloads in exactly the frames that Xen gives
them: without coloring, with today's colors and with the plan's. Counts who evicts whom;
execution times are not predicted.

  colorcheck interfere                                     a handler in the critical domain, bombs in all others
  colorcheck interfere --policy all --plot lab.svg         under LRU, tree pseudo-LRU and random replacement
  colorcheck interfere --workload rt=chase:size=512K --workload gui=bomb:size=1M,stride=64,write=0.5
  colorcheck interfere --curve rt --workload rt=trace:rt.lackey > rt.csv
  colorcheck interfere --live                              a view of the sets; c switches coloring""",
    ),
    CliCommand(
        "profile",
        "turn perf stat counts into a domain's miss curve",
        """\
Make the profile for `miss-curve` from the output of perf stat with 1, 2, ... colors for the domain: CSV or JSON
with the unit and the method of measurement.

  colorcheck profile 1=perf-1.txt 4=perf-4.txt --event l2d_cache_refill > rt.csv""",
    ),
    CliCommand(
        "certify",
        "write certificates of the theorems, or have a second solver re-check them",
        """\
Write each theorem as SMT-LIB 2 with its verdict and its assumptions, and copies of all inputs; or derive such a folder
again from its copies, compare text by text, and have cvc5, a second solver, decide each theorem. A check fails if
anything differs or there is no answer; a confirmed refutation has its own status.

  colorcheck certify --write proofs/         verify, and write certificates
  colorcheck certify --check proofs/         re-check them""",
    ),
    CliCommand(
        "evidence",
        "collect everything that a safety case needs in one folder",
        """\
Write reports in every format, certificates with copies of all inputs, the replayed boot, attested logs, assumptions,
silenced findings with their reasons, and the tool's components to a folder. The same inputs give the same bytes; only
times.json differs. Undecided and refuted runs also give evidence, marked as such.

  colorcheck evidence proofs/                of the deployment of this folder
  colorcheck evidence proofs/ boards/a --log serial.txt
  colorcheck evidence --check proofs/        derive everything again from its own copies and compare
  colorcheck evidence --compare old/ new/    what changed""",
    ),
    CliCommand(
        "rules",
        "list the rules",
        """\
List every rule with its ID, name and severity. The first digit of an ID is its area: 0 reading, 1 one file,
2 versions and dialects, 3 domains and policy, 4 isolation, 5 memory, 6 hardware, 8 silencing, 9 the tool itself.

  colorcheck rules                           all of them
  colorcheck explain CC401                   the page of one rule
  colorcheck verify --ignore CC506           a run without one rule""",
    ),
    CliCommand(
        "explain",
        "show the page of a rule",
        """\
Show the page of a rule, by ID or name: what it checks, why it matters, what it cannot see, and a bad and a good
example.

  colorcheck explain CC401
  colorcheck explain shared-colors           the same""",
    ),
    CliCommand(
        "board",
        "the hardware catalogue; boards from device trees",
        """\
Show what is known about boards, each value with its source; unknown values stay unknown.

  colorcheck board list                               all boards
  colorcheck board show zcu102                        caches, clusters, DRAM, a drawing of the address bits
  colorcheck board from-device-tree my.dtb > my.toml  a commented first version of a board file""",
    ),
    CliCommand(
        "validate",
        "compare this colorcheck with measurements of real Xen, xl, dtc and U-Boot",
        """\
Run the measured cases in the package on this machine: boots of real Xen, guests created by a real xl, scripts run by a
real U-Boot, input to their parsers, and deployments as people write them. Exits with 1 if one differs.

  colorcheck validate                        all cases; minutes
  colorcheck validate boots cpus             only these kinds
  colorcheck validate --every 20             a quick look
  colorcheck validate --format json          the report as a document for the safety case""",
    ),
    CliCommand(
        "plugins",
        "list what is loaded, and from where",
        """\
List the plugins that were found: what they add, from which distribution, and what is wrong with them. Exits with 1
if one cannot be used.

  colorcheck plugins
  colorcheck plugins --format json""",
    ),
    CliCommand(
        "init",
        "write a first manifest for the files in a folder",
        """\
Write a commented colorcheck.toml for the files in a folder, recognized by content: device tree, xl files, boot script,
boot log, xen.cfg, the Xen binary and its .config. Files that are left out are listed with the reason. Keys without a
value are included as comments with their meaning, and at the end the lines that would settle what is open.

  colorcheck init                            for the files in this folder
  colorcheck init --xen 4.22 --board zcu102
  colorcheck init --ci github                with a workflow, or only the workflow if there is a manifest
  colorcheck init --from board.tar           from what collect packed (log, guests), or from a boot log
  colorcheck init --stdout                   only print it""",
    ),
    CliCommand(
        "collect",
        "print a shell script that packs the facts of a running system",
        """\
Print a POSIX shell script for dom0 of a running Xen (busybox is enough, no Python): it packs the device tree, Xen's
log, xl info, xl list -l and xl vcpu-list into one tar file for `colorcheck init --from`.

  colorcheck collect > collect.sh
  ssh root@board sh -s board.tar < collect.sh""",
    ),
    CliCommand(
        "lsp",
        "run a language server: findings, hover and corrections in your editor",
        """\
Speak the Language Server Protocol over standard input and output: findings in manifests, xl files, boot scripts,
ImageBuilder files and device trees of a deployment while you type, how each release reads a color list, fixes and
the plan as code actions, and go-to-definition for the other side of a conflict. Needs the extra `lsp`.

  pip install "xen-colorcheck[lsp]"
  colorcheck lsp                             normally started by the editor""",
    ),
    CliCommand(
        "schema",
        "print the JSON Schema of a document",
        """\
Print the JSON Schema (draft 2020-12) of a document that --format json writes, for programs that read it.

  colorcheck schema verify > verify.schema.json""",
    ),
    CliCommand(
        "completion",
        "print a script with which the shell completes commands, options and files",
        """\
Print a completion script for bash, zsh or fish. Generate it again after an update.

  colorcheck completion bash > ~/.local/share/bash-completion/completions/colorcheck
  colorcheck completion zsh > "${fpath[1]}/_colorcheck"
  colorcheck completion fish > ~/.config/fish/completions/colorcheck.fish""",
    ),
)
