"""Complex patches as real images: the five mappings, exact both ways."""
