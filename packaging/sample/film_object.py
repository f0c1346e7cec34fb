"""Write a synthetic film as a Digital X-Ray Image Storage - For Presentation object.

Everything that could vary between two runs is derived from names: UIDs are UUIDs of version 5
under the root 2.25 (PS3.5 Annex B.2), dates are constants, and the file meta information names
this script rather than the installed library.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, JPEGLSLossless

DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
SCRIPT_VERSION = "1.0"
PATIENT_NAME = "Sample^Shan=样本^山"
PATIENT_ID = "SAMPLE-0001"
BIRTH_DATE = "19660214"
IMAGER_SPACING_MM = 0.25
SOURCE_TO_DETECTOR_MM = 1800.0
SOURCE_TO_PATIENT_MM = 1650.0
MAGNIFICATION = SOURCE_TO_DETECTOR_MM / SOURCE_TO_PATIENT_MM
"""Estimated radiographic magnification factor, PS3.3 C.8.7.10 (0018,1114)."""
BITS_STORED = 12
SYNTHETIC = "Synthetic image: computed, not a person. For demonstration only."
_UID_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:thoravue:sample")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A coded concept (PS3.3 section 8)."""

    value: str
    meaning: str
    scheme: str = "SCT"

    def item(self) -> Dataset:
        """Return the code as a sequence item."""
        item = Dataset()
        item.CodeValue = self.value
        item.CodingSchemeDesignator = self.scheme
        item.CodeMeaning = self.meaning
        return item


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """How the patient stood: view, orientation and the words for it.

    `orientation` is Patient Orientation (PS3.3 C.7.6.1.1.1): the direction of the rows, then of
    the columns. `view` is of CID 4010.
    """

    position: str
    view: Code
    orientation: tuple[str, str]
    series_description: str
    exposure_mas: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One study of the sample patient."""

    key: str
    date: str
    age: str
    accession: str
    character_set: str


PA = Projection(
    position="PA",
    view=Code(value="272479007", meaning="postero-anterior"),
    orientation=("L", "F"),
    series_description="Chest PA (synthetic)",
    exposure_mas=2.0,
)
LATERAL = Projection(
    position="LL",
    view=Code(value="399173006", meaning="left lateral"),
    orientation=("P", "F"),
    series_description="Chest left lateral (synthetic)",
    exposure_mas=6.3,
)
CURRENT = Visit(
    key="current",
    date="20240612",
    age="058Y",
    accession="SAMPLE-A2",
    character_set="ISO_IR 192",
)
PRIOR = Visit(
    key="prior", date="20230411", age="057Y", accession="SAMPLE-A1", character_set="GB18030"
)


def derived_uid(*names: str) -> UID:
    """Return the UID under 2.25 that belongs to these names, the same on every run."""
    return UID(f"2.25.{uuid.uuid5(_UID_NAMESPACE, '/'.join(names)).int}")


def film_object(
    pixels: npt.NDArray[np.uint16], visit: Visit, projection: Projection, *, series: int
) -> Dataset:
    """Return the film as a DX object compressed with JPEG-LS, lossless.

    Parameters
    ----------
    pixels
        Shape (rows, columns), values of 12 bits, P-Values: low is black.
    visit
        The study the film belongs to.
    projection
        How it was taken.
    series
        Series number in the study.
    """
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.ImplementationClassUID = derived_uid("implementation")
    ds.file_meta.ImplementationVersionName = "THORAVUE_SAMPLE"
    ds.SpecificCharacterSet = visit.character_set
    _add_patient_and_study(ds, visit)
    _add_series_and_equipment(ds, visit, projection, series)
    _add_positioning(ds, projection)
    _add_detector(ds)
    _add_image(ds, pixels, visit, projection, series)
    ds.compress(JPEGLSLossless, pixels, generate_instance_uid=False)
    return ds


def write_film(ds: Dataset, path: Path) -> None:
    """Write the object as a DICOM file (PS3.10); raises OSError where the folder is missing."""
    ds.save_as(path, enforce_file_format=True)


def _add_patient_and_study(ds: Dataset, visit: Visit) -> None:
    ds.PatientName = PATIENT_NAME
    ds.PatientID = PATIENT_ID
    ds.IssuerOfPatientID = "Thoravue sample"
    ds.PatientBirthDate = BIRTH_DATE
    ds.PatientSex = "M"
    ds.PatientAge = visit.age
    ds.PatientComments = "Invented patient of the built-in sample."
    ds.StudyInstanceUID = derived_uid(visit.key)
    ds.StudyID = visit.accession[-2:]
    ds.StudyDate = visit.date
    ds.StudyTime = "101500"
    ds.AccessionNumber = visit.accession
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "Chest radiograph (synthetic sample)"


def _add_series_and_equipment(
    ds: Dataset, visit: Visit, projection: Projection, series: int
) -> None:
    ds.Modality = "DX"
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.SeriesInstanceUID = derived_uid(visit.key, projection.position)
    ds.SeriesNumber = series
    ds.SeriesDate = visit.date
    ds.SeriesTime = f"1016{series:02d}"
    ds.SeriesDescription = projection.series_description
    ds.Manufacturer = "Thoravue"
    ds.ManufacturerModelName = "Synthetic film"
    ds.DeviceSerialNumber = "0"
    ds.SoftwareVersions = SCRIPT_VERSION
    ds.InstitutionName = "Thoravue sample"


def _add_positioning(ds: Dataset, projection: Projection) -> None:
    ds.BodyPartExamined = "CHEST"
    ds.AnatomicRegionSequence = [Code(value="816094009", meaning="Chest").item()]
    ds.ImageLaterality = "U"
    ds.PatientOrientation = list(projection.orientation)
    ds.ViewPosition = projection.position
    view = projection.view.item()
    view.ViewModifierCodeSequence = []
    ds.ViewCodeSequence = [view]
    ds.PatientOrientationCodeSequence = [Code(value="10904000", meaning="erect").item()]
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = [
        Code(value="45292006", meaning="standing").item()
    ]
    ds.PositionerType = "COLUMN"
    ds.KVP = 120.0
    ds.Exposure = round(projection.exposure_mas)
    ds.ExposureInuAs = round(projection.exposure_mas * 1000)
    ds.DistanceSourceToDetector = SOURCE_TO_DETECTOR_MM
    ds.DistanceSourceToPatient = SOURCE_TO_PATIENT_MM
    ds.EstimatedRadiographicMagnificationFactor = round(MAGNIFICATION, 6)


def _add_detector(ds: Dataset) -> None:
    ds.DetectorType = "DIRECT"
    ds.ImagerPixelSpacing = [IMAGER_SPACING_MM, IMAGER_SPACING_MM]
    at_patient = round(IMAGER_SPACING_MM / MAGNIFICATION, 6)
    ds.PixelSpacing = [at_patient, at_patient]
    ds.PixelSpacingCalibrationType = "GEOMETRY"
    ds.PixelSpacingCalibrationDescription = "Mid-thorax plane of the simulated geometry"


def _add_image(
    ds: Dataset,
    pixels: npt.NDArray[np.uint16],
    visit: Visit,
    projection: Projection,
    series: int,
) -> None:
    ds.SOPClassUID = UID(DX_FOR_PRESENTATION)
    ds.SOPInstanceUID = derived_uid(visit.key, projection.position, "1")
    ds.InstanceNumber = 1
    ds.ImageType = ["DERIVED", "PRIMARY", ""]
    ds.AcquisitionNumber = series
    ds.AcquisitionDate = ds.ContentDate = visit.date
    ds.AcquisitionTime = ds.ContentTime = ds.SeriesTime
    ds.DerivationDescription = SYNTHETIC
    ds.ImageComments = SYNTHETIC
    ds.AcquisitionContextSequence = []
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = 16
    ds.BitsStored = BITS_STORED
    ds.HighBit = BITS_STORED - 1
    ds.PixelRepresentation = 0
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = 1
    ds.RescaleIntercept = 0.0
    ds.RescaleSlope = 1.0
    ds.RescaleType = "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    ds.WindowCenter, ds.WindowWidth = voi_window(pixels)
    ds.WindowCenterWidthExplanation = "Chest"


def voi_window(pixels: npt.NDArray[np.uint16]) -> tuple[float, float]:
    """Return centre and width that show all but the outermost half per cent of the values.

    The function is LINEAR (PS3.3 C.11.2.1.2.1): its lower end is c - 0.5 - (w - 1) / 2.
    """
    low, high = np.percentile(pixels, [0.5, 99.5])
    width = round(high) - round(low) + 1.0
    return round(low) + width / 2, width
