"""Attributes of a data set or sequence item in Python's types; what is malformed counts as absent (in the child)."""

from __future__ import annotations

import math
from typing import cast

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from workstation.adapters.dicom.elements import Elements
from workstation.adapters.dicom.text import TextDecoder

# pydicom takes 15 µs for an empty item; no sequence that is read here has so many.
_MOST_ITEMS = 2000


class Attributes:
    """Tolerant access by tag.

    Parameters
    ----------
    dataset
        A pydicom data set whose elements are still raw.
    """

    def __init__(self, dataset: Dataset, decoder: TextDecoder, *, little: bool) -> None:
        self.dataset = dataset
        self.little = little
        self._decoder = decoder

    @classmethod
    def of(cls, elements: Elements, *, assume_gbk: bool = False) -> Attributes:
        """Attributes of a file's data set."""
        raw: dict[BaseTag, DataElement | RawDataElement] = {}
        for number, (vr, value, implicit) in elements.raw.items():
            if number > 0x0002FFFF:
                tag, text = BaseTag(number), vr.decode() if vr else None
                raw[tag] = RawDataElement(
                    tag, text, len(value), value, 0, implicit, elements.little
                )
        decoder = TextDecoder(elements.value(0x00080005), assume_gbk=assume_gbk)
        return cls(Dataset(raw), decoder, little=elements.little)

    def with_those_of(self, item: Attributes) -> Attributes:
        """These attributes and those of `item`, which win."""
        merged = {
            tag: cast("DataElement | RawDataElement", dataset.get_item(tag))
            for dataset in (self.dataset, item.dataset)
            for tag in list(dataset.keys())
        }
        return Attributes(Dataset(merged), self._decoder, little=self.little)

    def _element(self, tag: int) -> DataElement | RawDataElement | None:
        return cast("DataElement | RawDataElement | None", self.dataset.get_item(tag))

    def raw(self, tag: int) -> bytes:
        """The element's bytes; empty when absent."""
        element = self._element(tag)
        value = element.value if isinstance(element, RawDataElement) else None
        return value if isinstance(value, bytes) else b""

    def vr(self, tag: int) -> str:
        """The value representation as written; empty in Implicit VR."""
        element = self._element(tag)
        return (element.VR or "") if element is not None else ""

    def shorts(self, tag: int) -> list[int]:
        """Unsigned 16-bit values."""
        value, order = self.raw(tag), "little" if self.little else "big"
        return [
            int.from_bytes(value[n : n + 2], order)  # type: ignore[arg-type]  # a literal
            for n in range(0, len(value) - 1, 2)
        ]

    def words(self, tag: int) -> list[str]:
        """Values in the default repertoire."""
        value = self.raw(tag).decode("ascii", "replace").strip("\0 ")
        return [word.strip("\0 ") for word in value.split("\\")] if value else []

    def word(self, tag: int) -> str:
        """The first value in the default repertoire."""
        return (self.words(tag) or [""])[0]

    def texts(self, tag: int) -> list[str]:
        """Values in the file's character set."""
        value = self.raw(tag)
        return [self._decoder.text(part) for part in value.split(b"\\")] if value else []

    def floats(self, tag: int) -> list[float]:
        """Finite decimal strings up to the first that is none."""
        numbers = []
        for word in self.words(tag):
            try:
                number = float(word)
            except ValueError:
                break
            if not math.isfinite(number):
                break
            numbers.append(number)
        return numbers

    def integers(self, tag: int) -> list[int]:
        """Whole numbers written as text."""
        return [int(number) for number in self.floats(tag)]

    def items(self, tag: int) -> list[Attributes]:
        """Items of a sequence; none when there are impossibly many."""
        item_tag = b"\xfe\xff\x00\xe0" if self.little else b"\xff\xfe\xe0\x00"
        element = self._element(tag)
        if element is None or self.raw(tag).count(item_tag) > _MOST_ITEMS:
            return []
        try:
            value = self.dataset[tag].value
        except Exception:  # noqa: BLE001 - pydicom raises anything on a damaged sequence
            return []
        if not isinstance(value, list) and not hasattr(value, "_list"):
            return []
        return [Attributes(item, self._decoder, little=self.little) for item in value]
