"""Foreign weights into a package, without running them: `python -m model.convert`."""
