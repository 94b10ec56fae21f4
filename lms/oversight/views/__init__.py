"""Pages of what others look at and check."""
