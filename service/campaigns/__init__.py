"""Sampling campaigns on disk: one folder a round, holding the evidence of its draw."""
