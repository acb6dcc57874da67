"""API, console, command line and database: the room that knows HTTP, SQL, users and the clock."""
