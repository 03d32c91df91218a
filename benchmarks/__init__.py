"""Speed of the workbench, as ratios against a named peer in one run."""
