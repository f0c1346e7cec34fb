"""Training: manifest in, run folder out; never shipped in the installer."""
