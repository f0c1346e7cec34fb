"""The outside world behind the ports of `workstation.core.ports`."""
