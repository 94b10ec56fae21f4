"""Pure rules of what others look at and check."""
