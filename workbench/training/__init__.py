"""The engine: a system, batches and a plan become records."""
