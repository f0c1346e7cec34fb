"""The one family of errors, each with a stable code; their texts live in the catalogue.

The catalogue entry of a code is ``error.<code>``; its parameters fill the named places of that text.
A text says what happened, what it means for this patient's result and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Parameter = str | int | float


class ErrorCode(StrEnum):
    """Everything that can go wrong, by its stable name."""

    # files and folders
    FILE_NOT_FOUND = "file_not_found"
    FILE_NO_PERMISSION = "file_no_permission"
    FILE_EMPTY = "file_empty"
    FILE_TRUNCATED = "file_truncated"
    FILE_VANISHED = "file_vanished"
    FILE_UNREADABLE = "file_unreadable"
    FILE_CHANGED = "file_changed"
    DUPLICATE_UID = "duplicate_uid"
    NOT_AN_IMAGE = "not_an_image"
    NO_PIXEL_DATA = "no_pixel_data"
    FOLDER_EMPTY = "folder_empty"
    FOLDER_LOOP = "folder_loop"
    # archives and directories of CDs
    ARCHIVE_ENCRYPTED = "archive_encrypted"
    ARCHIVE_METHOD = "archive_method"
    ARCHIVE_NESTED = "archive_nested"
    ARCHIVE_TOO_MANY = "archive_too_many"
    MEDIA_DIRECTORY = "media_directory"
    OUTSIDE_FOLDER = "outside_folder"
    REFERENCE_MISSING = "reference_missing"
    # decoding
    MALFORMED = "malformed"
    SUSPICIOUS = "suspicious"
    TOO_LARGE = "too_large"
    SHORT_PIXEL_DATA = "short_pixel_data"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    UNSUPPORTED_PIXELS = "unsupported_pixels"
    DECODER_CRASHED = "decoder_crashed"
    DECODER_TIMED_OUT = "decoder_timed_out"
    FRAME_OUT_OF_RANGE = "frame_out_of_range"
    # training sets
    LABELS_UNREADABLE = "labels_unreadable"
    NO_LABEL = "no_label"
    SAME_FILM = "same_film"
    NO_LABELLED_FILM = "no_labelled_film"
    # eligibility for analysis (a refusal is a result, not a fault)
    NOT_FRONTAL = "not_frontal"
    NOT_CHEST = "not_chest"
    WRONG_OBJECT_CLASS = "wrong_object_class"
    FOR_PROCESSING = "for_processing"
    TOO_YOUNG = "too_young"
    FLAT_IMAGE = "flat_image"
    REGION_TOO_LARGE = "region_too_large"
    POOR_QUALITY = "poor_quality"
    LOOKS_INVERTED = "looks_inverted"
    LOOKS_ROTATED = "looks_rotated"
    LOOKS_MIRRORED = "looks_mirrored"
    LOOKS_UNLIKE_CHEST = "looks_unlike_chest"
    COLOUR_IMAGE = "colour_image"
    TOO_SMALL = "too_small"
    # warnings beside a result
    AGE_UNKNOWN = "age_unknown"
    AGE_WITHOUT_UNIT = "age_without_unit"
    AGE_CONTRADICTORY = "age_contradictory"
    VIEW_UNKNOWN = "view_unknown"
    UNIDENTIFIED = "unidentified"
    LOSSY_COMPRESSION = "lossy_compression"
    # analysis
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_DAMAGED = "model_damaged"
    MODEL_UNTRUSTED = "model_untrusted"
    MODEL_INCOMPATIBLE = "model_incompatible"
    ANALYSIS_FAILED = "analysis_failed"
    NODULES_NOT_IN_PACKAGE = "nodules_not_in_package"
    NODULES_TOO_UNRELIABLE = "nodules_too_unreliable"
    ANALYSIS_OUTDATED = "analysis_outdated"
    CANCELLED = "cancelled"
    # comparison
    REGISTRATION_FAILED = "registration_failed"
    REGISTRATION_COLOUR = "registration_colour"
    # library
    LIBRARY_WRONG_KEY = "library_wrong_key"
    LIBRARY_NEWER = "library_newer"
    LIBRARY_DAMAGED = "library_damaged"
    LIBRARY_BUSY = "library_busy"
    DISK_FULL = "disk_full"
    # review and report
    REVIEW_NOT_ALLOWED = "review_not_allowed"
    REVIEW_UNDECIDED = "review_undecided"
    REVIEW_NO_IMPRESSION = "review_no_impression"
    REVIEW_NO_TEXT = "review_no_text"
    IDENTITY_MISSING = "identity_missing"
    IDENTITY_MISMATCH = "identity_mismatch"
    PATIENT_CHANGED = "patient_changed"
    NO_FONT = "no_font"
    OUTPUT_NOT_WRITABLE = "output_not_writable"
    SETTINGS_INVALID = "settings_invalid"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a file was skipped or refused, or an analysis was not made: a code and its parameters.

    `detail` is technical and free of patient data; it is shown behind "copy details" only.
    """

    code: ErrorCode
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    detail: str = ""


class WorkstationError(Exception):
    """An expected failure with a reason that a reader can act on.

    Parameters
    ----------
    code
        Stable name of what happened.
    detail
        Technical context, free of patient data.
    parameters
        Values for the named places in the catalogue's text.
    """

    def __init__(self, code: ErrorCode, detail: str = "", /, **parameters: Parameter) -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.reason = Reason(code=code, parameters=parameters, detail=detail)

    @property
    def code(self) -> ErrorCode:
        """The stable name of what happened."""
        return self.reason.code


class CancelledError(WorkstationError):
    """The reader stopped the job."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.CANCELLED)
