"""The user's own work: any function, any coroutine, any items."""
