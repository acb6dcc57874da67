"""Whether the process lives and can answer."""
