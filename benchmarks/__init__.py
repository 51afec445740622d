"""Speed, as ratios to the same computation in PyTorch or with fewer workers, in one run."""
