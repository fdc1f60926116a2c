"""Who this server is: HD Volume ID, other components, and how they match."""
