"""The one exception that is meant for the user's eyes."""


class UserError(Exception):
    """Something the user can put right. The message is one line that names the file, the place and what to do."""
