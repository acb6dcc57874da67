"""Overrides of grades by officers: proposed, approved by somebody else, revoked, listed."""
