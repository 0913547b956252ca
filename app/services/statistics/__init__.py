"""Figures for heads: counted from the passes of steps, as of any time, each with the list of cases behind it."""
