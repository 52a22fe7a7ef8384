"""`iomem` as xl reads it."""

import pytest

from colorcheck.inputs.xl.xl import read_xl
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.domains.xl_iomem import IomemRange, iomem


@pytest.mark.parametrize(
    ("text", "start", "count"),
    [
        ("50000,100", 0x50000, 0x100),
        ("50000, 100", 0x50000, 0x100),
        (" 0x50000,0x100@ff", 0x50000, 0x100),
        ("+5,1", 5, 1),
        ("ffffffffffffffffff,1", (1 << 64) - 1, 1),
    ],
)
def test_read(text: str, start: int, count: int) -> None:
    found = next(iter(iomem(read_xl(f'iomem = ["{text}"]\n'))))
    assert isinstance(found, IomemRange)
    assert (found.start, found.count) == (start, count)


@pytest.mark.parametrize("text", ["50000 ,100", "50000", "50000,100 ", "50000,100@", "50000-50100", "", "50000,xyz"])
def test_refused(text: str) -> None:
    guest = parse_xl(f'name = "x"\nmemory = 64\niomem = ["1,1", "{text}", "2,2"]\n')
    assert guest.rejected == f"xl: Invalid argument parsing iomem: {text}"


def test_a_single_text_is_ignored() -> None:
    assert not list(iomem(read_xl('iomem = "50000,100"\n')))
