"""The algebra of task operations: what a diagram allows at a task, who has to act in which order, how votes decide.

Pure: a host stores the seats and shows the buttons; what may happen is decided here and nowhere else.
"""
