"""What the model says of the film, and the reader's word on it."""
