"""Scoring: sheets sealed until all are in, what came out of a review, and rankings that anybody can compute again."""
