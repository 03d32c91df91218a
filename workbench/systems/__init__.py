"""Networks with players, terms and a schedule: one file per family."""
