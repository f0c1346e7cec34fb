"""The library as a list of studies."""
