"""The job of a work of the user's own: each item once, whatever happens meanwhile."""
