"""Measuring a package honestly: `python -m model.evaluation`; see docs/model.md."""
