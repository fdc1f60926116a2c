"""Is it good? The start-up path and the only maker of a License."""
