"""Settings, model packages and what the program says of itself."""
