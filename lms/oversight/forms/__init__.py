"""What people write while they look and check."""
