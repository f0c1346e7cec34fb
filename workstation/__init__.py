"""Thoravue's workstation: see docs/architecture.md for the rooms of the house."""

__version__ = "0.1.0"
