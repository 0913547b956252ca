"""Use cases on the registers (台账), by topic. They take a session and never commit."""
