"""Fitting the input check: `python -m model.training.quality`."""
