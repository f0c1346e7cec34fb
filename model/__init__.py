"""Chest X-ray networks: train, evaluate, package and explain them. Knows nothing of the workstation."""
