"""Reads for what others look at and check."""
