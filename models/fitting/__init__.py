"""All models of one set of cohorts, cross-fitted by enterprise."""
