"""A model in use: indicators in; log-odds, probability, points, grade and ways down out."""
