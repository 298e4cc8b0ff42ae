"""Small runs that show how concurrency works: futures, races, switching."""
