"""Sampling lists of drawn rounds over HTTP."""
