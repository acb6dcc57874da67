"""The office's grading rules and cut-offs: proposed, tried, approved, published, withdrawn."""
