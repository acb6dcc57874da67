"""Lists and registrations: from the archive into the database that answers credit checks."""
