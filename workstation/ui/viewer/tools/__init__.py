"""What the left button does besides moving the film or its window: drawing, editing, looking closer."""
