"""Figures against peers and at scale. Each module prints the tables that RESULTS.md keeps."""
