"""The encrypted library: SQLite, migrations and keys."""
