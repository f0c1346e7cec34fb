"""Made films for tests: `films` without any DICOM library, `dicom_files` as real files."""
