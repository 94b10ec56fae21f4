"""Pages of the gate: registering, what is asked, and what the gate asks of people beside hours."""
