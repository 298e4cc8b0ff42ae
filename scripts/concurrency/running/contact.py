"""Whom site operators may ask: what a User-Agent tells them."""

import re

E_MAIL = r"[^\s@<>]+@[^\W_][\w-]*(\.[^\W_][\w-]*)+"
URL = r"https?://([^\s/@]+@)?([^\W_]|\[[0-9a-f:.]+\])"  # up to the host
CONTACT = re.compile(f"(^|[\\s<]){E_MAIL}|{URL}", re.IGNORECASE)


def is_contact(text: str) -> bool:
    """Whether there is an e-mail address in it, or the URL of a page, and nothing that no header may hold."""
    return text.isprintable() and CONTACT.search(text) is not None
