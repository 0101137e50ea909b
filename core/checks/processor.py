"""Processors: of another architecture, or without features that the source's have."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo, Route

FEATURES = "cpu-features"
"""The check that makes kube the better route, though CRIU itself would not refuse."""
_STATE = frozenset({"fpu", "fxsr", "xsave"})
"""How registers were saved: without it CRIU cannot load them. It compares nothing else unless a
checkpoint was made with --cpu-cap, which Podman does not do."""
_INSTRUCTIONS = frozenset({
    "abm", "adx", "aes", "amx_tile", "asimd", "asimddp", "asimdhp", "atomics", "avx", "avx2",
    "avx512_bf16", "avx512_fp16", "avx512_vnni", "avx512bw", "avx512cd", "avx512dq",
    "avx512f", "avx512vbmi", "avx512vl", "avx_vnni", "bmi1", "bmi2", "clflushopt", "clwb",
    "crc32", "dcpop", "erms", "f16c", "fma", "fphp", "fsrm", "gfni", "hle", "i8mm", "lahf_lm",
    "movbe", "paca", "pclmulqdq", "pku", "pmull", "popcnt", "rdrand", "rdseed", "rtm", "sha1",
    "sha2", "sha3", "sha512", "sha_ni", "sse4_1", "sse4_2", "sse4a", "ssse3", "sve", "sve2",
    "vaes", "vpclmulqdq", "xsavec", "xsaves",
})  # fmt: skip
"""What programs and libraries choose at their start to use, of x86 and arm (podman#17496)."""


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """An image is for one architecture, and so is a checkpoint."""
    ours, theirs, where = facts.source.architecture, facts.target.architecture, facts.target.label
    if ours != theirs:
        yield Finding(
            "architecture",
            Severity.BLOCKED,
            f"its images are for {ours}, and {where} is {theirs}",
            host=where,
            item=seen.item.name,
            subject=theirs,
            cause=f"{where} is {theirs}",
        )


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """A program goes on with what it found at its start."""
    source, target = facts.source, facts.target
    if on is On.SOURCE or not target.cpu_flags or source.architecture != target.architecture:
        return
    missing = source.cpu_flags - target.cpu_flags
    if state := sorted(missing & _STATE):
        yield Finding(
            "cpu-state",
            Severity.BLOCKED,
            f"the processor of {target.label} lacks {', '.join(state)}, so CRIU there cannot load "
            f"what was dumped on {source.label}: mark it for kube export",
            host=target.label,
            subject="cpu",
            cause=f"the processor of {target.label} saves other registers",
            route=Route.CHECKPOINT,
            evidence=tuple(state),
        )
    if used := sorted(missing & _INSTRUCTIONS):
        yield Finding(
            FEATURES,
            Severity.LOSS,
            f"the processor of {target.label} lacks {', '.join(used)}: a program that uses them "
            "dies after a restore, and mark it for kube export if it may",
            host=target.label,
            subject="cpu",
            cause=f"the processor of {target.label} lacks instructions",
            route=Route.CHECKPOINT,
            evidence=tuple(used),
        )
