"""The releases of dtc, by the differences in their parsing.

Source: dtc's tags v1.6.1, v1.7.0 and v1.8.0 (livetree.c, dtc-parser.y, dtc-lexer.l); measured with dtc 1.6.1, 1.7.2 and
1.8.1 on dtc's own test sources.
"""

from __future__ import annotations

from msgspec import Struct


class Dtc(Struct, frozen=True):
    """A release and its traits.

    `relative_references`: `&{label/path}` means a node below a labelled one. `cuts_cells`: a number that does not fit
    its cell is cut, with a warning; else it is an error. `refuses_fixups_of_paths`: an overlay's reference to a path
    that it does not have cannot become a fixup; else it becomes one that cannot be applied. `adds_to_fixups`: what
    `__fixups__` has already is not added a second time.
    """

    name: str
    relative_references: bool = True
    cuts_cells: bool = True
    refuses_fixups_of_paths: bool = True
    adds_to_fixups: bool = True


DTC_1_6 = Dtc("1.6.1", False, False, False, False)
DTC_1_7 = Dtc("1.7", adds_to_fixups=False)
DTC_1_8 = Dtc("1.8")
NEWEST = DTC_1_8
RELEASES = (DTC_1_6, DTC_1_7, DTC_1_8)
