"""Composition root: builds services from adapters for the window and the command line."""
