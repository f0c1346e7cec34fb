"""The only importer of `model.runtime`."""
