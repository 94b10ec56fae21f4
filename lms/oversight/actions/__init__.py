"""Every write of what others look at and check."""
