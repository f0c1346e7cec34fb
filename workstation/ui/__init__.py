"""The window: PySide6 and pyqtgraph, and nothing else."""
