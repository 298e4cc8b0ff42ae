"""What every client of this project asks for: the same, or servers would send each of them something else."""

ACCEPTED = "gzip, deflate"  # what every client can undo, the standard library's too
