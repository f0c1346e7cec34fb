"""Training the detector of nodule candidates: `python -m model.training.nodules`."""
