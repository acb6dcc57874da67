"""Who may do what: API keys, scopes, console sign-ins, the permission every route declares."""
