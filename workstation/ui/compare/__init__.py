"""A second film beside the current one, and a prior laid over it."""
