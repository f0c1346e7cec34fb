"""Foreign files: parsed and decoded in guarded children, never in the workstation's own process.

`scanner` and `reader` are the parent's side, `process` and `wire` what lies between, the rest runs in the child.
"""
