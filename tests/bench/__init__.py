"""Figures beside their peers, as ratios: ``python -m tests.bench``."""
