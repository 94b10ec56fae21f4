"""Pages of exam institutions and of the authority above them: sites, plans, the console of a sitting, the door."""
