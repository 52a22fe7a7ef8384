"""A drawing of the bits of a physical address: line offset, set index, color, DRAM bank."""

from __future__ import annotations

from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.index import Linear

TOP = 36


def address_bits(board: Board) -> str:
    """Four rows under a ruler of bit numbers that show the use of each address bit; at most 80 columns, legible
    without color.
    """
    llc = board.boot_cluster.llc
    masks = board.dram_map.select_masks if board.dram_map else ()
    top = min(TOP, max(19, *(mask.bit_length() for mask in masks), 0) if masks else 19)
    bits = range(top, -1, -1)
    rows = [("bit", "".join(str(bit // 10) if bit % 10 == 0 or bit == top else " " for bit in bits)), ("", "")]
    rows[1] = ("", "".join(str(bit % 10) for bit in bits))
    rows.append(("page offset", "".join("." if 1 << bit < PAGE else " " for bit in bits)))
    rows += _cache_rows(llc, bits)
    if masks:
        used = 0
        for mask in masks:
            used |= mask
        rows.append(("DRAM bank", "".join("B" if used >> bit & 1 else " " for bit in bits)))
    return "\n".join(f"{name:>12}  {text}".rstrip() for name, text in rows)


def _cache_rows(llc: Cache | None, bits: range) -> list[tuple[str, str]]:
    if llc is None or llc.line is None or llc.sets is None:
        return [("cache", "unknown")]
    way = llc.line * llc.sets
    rows = [("line offset", "".join("o" if 1 << bit < llc.line else " " for bit in bits))]
    if isinstance(llc.index, Linear):
        rows.append(("set index", "".join("s" if llc.line <= 1 << bit < way else " " for bit in bits)))
    else:
        used = 0
        for mask in llc.index.masks() or ():
            used |= mask
        text = "".join("s" if used >> bit & 1 else " " for bit in bits) if used else "undocumented"
        rows.append(("set index", text))
    rows.append(("color", "".join("C" if PAGE <= 1 << bit < way else " " for bit in bits)))
    return rows
