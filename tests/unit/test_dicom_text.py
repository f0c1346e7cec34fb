"""Text by a file's character set, also a damaged one."""

from __future__ import annotations

import pytest

from workstation.adapters.dicom.text import TextDecoder


@pytest.mark.parametrize("declared", [b"ISO9\x002", b"ISO_IR 999", b"\xff\xfe", b"latin\\\\"])
@pytest.mark.filterwarnings("ignore")  # pydicom says what it assumes
def test_a_damaged_character_set_costs_no_film(declared: bytes) -> None:
    assert TextDecoder(declared).text(b"CHEST PA ") == "CHEST PA"
