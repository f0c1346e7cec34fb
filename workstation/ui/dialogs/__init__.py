"""Small windows of their own: only what a status line cannot say."""
