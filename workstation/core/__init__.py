"""What is true about films, findings and reviews: numpy and the standard library only."""
