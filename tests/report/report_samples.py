"""Verifications made by hand for the tests of the report formats."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from colorcheck.core.diagnostic import Edit, Finding, Related, Severity, Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.witness import FramesThatMeet
from colorcheck.files.sources import Sources
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.index import Linear
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest, PlanPolicy, Share, Target
from colorcheck.report.style import Style
from colorcheck.verification.results import Facts, Fault, ReleaseResult, Skipped, Verification
from colorcheck.xen.booted import Boot, Built, Interval
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, FailureKind, MapUse
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.system import Domain, System

LLC = Cache(2, 1 << 20, 16, 64, 1024, Linear(64, 1024))
BOARD = Board("zcu102", "Xilinx ZCU102", "XCZU9EG", (Cluster("Cortex-A53", 4, LLC),))
MET = FramesThatMeet("last-level cache", (0x4000, 0x14000), (4, 20), (4, 4), 256)
BOOT_LINE = (
    '        xen,xen-bootargs = "console=dtuart dtuart=serial0 llc-coloring=on '
    'xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-6";'
)
COLORS = BOOT_LINE.index("2-6") + 1
TEXTS = {
    "system.dts": ["/dts-v1/;", "/ {", "    chosen {", BOOT_LINE, "    };", "};"],
    "rt.cfg": ['name = "rt"', "memory = 256", 'llc_colors = ["4-8,10,11,12"]'],
}
DOM0_COLORS = Location("system.dts", 4, COLORS, 4, COLORS + 3)
RT_COLORS = Location("rt.cfg", 3, 15, 3, 29)
MEASURED = Assumption("the set index of the L2 is linear", "Cortex-A53 TRM, section 7.1", Trust.DOCUMENTED)


def style(width: int = 80, **more: object) -> Style:
    return replace(Style(width=width, root=Path("/project"), sources=Sources(Path("/project"), dict(TEXTS))), **more)


def domain(number: int, name: str, colors: tuple[int, ...], where: Location, pages: int) -> Domain:
    kind = DomainKind.DOM0 if number == 0 else DomainKind.XL
    return Domain(number, name, kind, colors, ColorSource.GIVEN, where, where, 1, pages, 512)


def theorem(first: str, second: str, verdict: Verdict, core: tuple[Related, ...] = ()) -> Theorem:
    return Theorem(
        f"separation/{first}/{second}",
        TheoremKind.PAIR_SEPARATION,
        f"{first} and {second} never meet in one set of the L2",
        "∀ a ∈ F₁, b ∈ F₂: set(a) ≠ set(b)",
        (first, second),
        verdict,
        0.012,
        (MEASURED,),
        core,
        witness=None if verdict is Verdict.PROVED else MET,
    )


SHARED = Finding(
    "CC401",
    "shared-colors",
    Severity.ERROR,
    "dom0 and rt share colors 4-6 of the L2: each can evict the other's lines",
    RT_COLORS,
    "give rt colors that nobody has: 7-15, and write each range as a separate element",
    related=(Related(DOM0_COLORS, "dom0 has 2-6"),),
    witness=MET,
)
DROPPED = Finding(
    "CC112",
    "xl-element-trailing-text",
    Severity.ERROR,
    'xl reads "4-8,10,11,12" as 4-8 and silently drops ",10,11,12"',
    RT_COLORS,
    'write each range as a separate element: ["4-8", "10", "11", "12"]',
    fix=(Edit(RT_COLORS, '"4-8", "10", "11", "12"'),),
)


def system() -> System:
    nowhere = Location("system.dts")
    domains = (
        domain(0, "dom0", (2, 3, 4, 5, 6), DOM0_COLORS, 262144),
        domain(1, "rt", (4, 5, 6, 7, 8), RT_COLORS, 65536),
    )
    return System(release_of("4.20"), True, 16, 65536, (0, 1), ColorSource.GIVEN, nowhere, nowhere, domains)


def boot(made: System) -> Boot:
    short = Failure(FailureKind.DOMAIN_MEMORY, "Failed to allocate requested domain memory. 400000KB unallocated.")
    dom0, rt = made.domains
    built = (
        Built(dom0, False, short, (), 512, (30000,) * 16, (30000,) * 16),
        Built(rt, True, None, tuple((c, 13210) for c in rt.colors), 512, (30000,) * 16, (16790,) * 16),
    )
    memory = (Interval(0, 0x8000, MapUse.BUDDY), Interval(0x8000, 0x8200, MapUse.MODULE, "kernel"))
    return Boot(made, short, (0x7C000, 0x7D800), (30000,) * 16, (16790,) * 16, 16384, 49152, memory, built)


def broken() -> Verification:
    """Two domains that share colors, one of which does not fit, with two findings."""
    made = system()
    core = (Related(RT_COLORS, "rt has 4-8"), Related(DOM0_COLORS, "dom0 has 2-6"))
    theorems = (
        theorem("xen", "dom0", Verdict.PROVED),
        theorem("xen", "rt", Verdict.PROVED),
        theorem("dom0", "rt", Verdict.REFUTED, core),
    )
    manifest = Manifest("colorcheck.toml", "/project", Target(("4.20",), "zcu102"))
    facts = Facts(Deployment(manifest), BOARD, (ReleaseResult("4.20", made, boot(made), theorems),))
    return Verification(facts, (SHARED, DROPPED), seconds=(("read", 0.01), ("prove", 0.2)))


def clean() -> Verification:
    """One domain beside Xen, everything proved, nothing found."""
    made = system()
    made = replace(made, domains=made.domains[:1])
    done = boot(system())
    done = replace(
        done,
        system=made,
        panic=None,
        built=(replace(done.built[0], created=True, failure=None, free_before=(60000,) * 16),),
    )
    facts = broken().facts
    result = ReleaseResult("4.20", made, done, (theorem("xen", "dom0", Verdict.PROVED),))
    return Verification(replace(facts, results=(result,)))


def allowed() -> Verification:
    """As `broken`, with the sharing allowed by the policy."""
    verification = broken()
    share = Share(("dom0", "rt"), "both best effort", Location("colorcheck.toml", 9, 1, 9, 5))
    manifest = replace(verification.manifest, policy=PlanPolicy(shares=(share,)))
    facts = replace(verification.facts, deployment=Deployment(manifest))
    return replace(verification, facts=facts, findings=())


def nothing() -> Verification:
    """No deployment was found."""
    facts = Facts(Deployment(Manifest("colorcheck.toml", "/project")), None, ())
    return Verification(facts, nothing_to_check=True)


def faulty() -> Verification:
    """A skipped check and a fault of the tool."""
    return replace(
        clean(),
        skipped=(Skipped("memory", "the size of Xen's image is not known", "4.20"),),
        faults=(Fault("rule CC401", "rule CC401 (shared-colors) crashed: KeyError: 3"),),
    )


def hostile() -> Verification:
    """Names and messages with markup, terminal escapes, newlines and characters that are special to some format."""
    text = 'a<script>alert(1)</script>\x1b[31m|`x`\n::error::%0A & "q" ]]> é\udce9'
    place = Location('we ird,"&<name>.cfg', 1, 1, 1, 3)
    found = replace(SHARED, message=text, help=text, location=place, related=(Related(place, text),))
    return replace(broken(), findings=(found,))
