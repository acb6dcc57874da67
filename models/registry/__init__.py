"""Signed model folders, the register of which one is in use, and what is exported from them."""
