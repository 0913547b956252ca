"""SpiffWorkflow behind our own task specs: one file for each thing that 3.2.0 does otherwise than BPMN 2.0.

SpiffWorkflow gives the parser, the spec graph, the task with its states and the workflow with its
sub-workflows. What we correct is done by subclassing and by its parser's override table; no module of the
library is changed at run time. The one idea behind most corrections: a task that is done leaves the tree, so
that what is in the tree is exactly the tokens of BPMN 2.0.2, 7.1.1 and 13.
"""
