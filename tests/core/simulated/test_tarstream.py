"""Sealed tar streams show all damage to what they carry."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from core.simulated.tarstream import Blob, Broken, read_tar, tar_chunks

PARTS = (("a", b"first"), ("dir/b", b""), ("c", bytes(700)), ("ünï", b"x"))


def _read(data: bytes) -> dict[str, bytes | Blob] | None:
    try:
        return dict(read_tar(io.BytesIO(data), sealed=True))
    except Broken:
        return None


WHOLE = b"".join(tar_chunks(PARTS, seal=True))


def test_round_trip() -> None:
    assert _read(WHOLE) == dict(PARTS)


def test_large_contents_are_described() -> None:
    blob = Blob(3_000_001, "seed")
    data = b"".join(tar_chunks([("big", blob)], seal=True))
    assert len(data) > blob.size
    assert _read(data) == {"big": blob}


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_seen_or_harmless(at: int, bit: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[at] ^= 1 << bit
    assert _read(bytes(damaged)) in (None, dict(PARTS))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_is_seen_or_harmless(at: int) -> None:
    assert _read(WHOLE[:at]) in (None, dict(PARTS))
