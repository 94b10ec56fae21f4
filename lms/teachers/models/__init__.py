"""What is kept of teachers: years of continuing education and claims of hours."""
