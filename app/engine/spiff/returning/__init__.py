"""Leading tokens back to where they stood before: points, plans, acting."""
