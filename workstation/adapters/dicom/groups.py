"""Functional groups of enhanced multi-frame objects (PS3.3 C.7.6.16), laid flat for one frame (runs in the child)."""

from __future__ import annotations

from workstation.adapters.dicom.attributes import Attributes

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
# Pixel Measures, Frame VOI LUT, Pixel Value Transformation (C.7.6.16.2.1, .10 and .9).
_MACROS = (0x00289110, 0x00289132, 0x00289145)


def of_frame(attributes: Attributes, *, frame: int) -> Attributes:
    """`attributes` with what the frame's own group says, else the shared one, where a single-frame object has it.

    `frame` counts from 0. An object without functional groups comes back as it is.
    """
    groups = attributes.items(_PER_FRAME)[frame : frame + 1] + attributes.items(_SHARED)[:1]
    for macro in _MACROS:
        said = next((items[0] for group in groups if (items := group.items(macro))), None)
        attributes = attributes if said is None else attributes.with_those_of(said)
    return attributes
