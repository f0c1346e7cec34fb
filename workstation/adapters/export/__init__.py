"""Reports and results as files: PDF, CSV, JSON, PNG, NPZ."""
