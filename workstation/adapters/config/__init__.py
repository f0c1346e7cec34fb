"""Settings and folders on this computer."""
