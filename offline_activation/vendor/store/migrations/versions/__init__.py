"""One module for each schema, in order; a released one is never changed."""
