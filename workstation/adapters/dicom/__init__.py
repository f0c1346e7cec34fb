"""Foreign files: the guarded child, header scan, reader and codecs."""
