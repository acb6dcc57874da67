"""Two models, or one model in two months, on the same enterprises."""
