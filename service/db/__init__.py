"""Tables, connections and migrations: SQLite by default, PostgreSQL by URL."""
