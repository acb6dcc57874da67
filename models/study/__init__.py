"""Figures of fitted models on rows they never saw, and what a full model card adds."""
