"""The command line: serve, down, lab, train, runs, doctor."""
