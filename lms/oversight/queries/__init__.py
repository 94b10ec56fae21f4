"""Every read of what others look at and check."""
