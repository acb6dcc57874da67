"""What is learned from: what counts as a bad result, and cohorts that never know the future."""
