"""What people look at: plots, timelines, the report, the terminal."""
