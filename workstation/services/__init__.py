"""One use case a module, on core alone."""
