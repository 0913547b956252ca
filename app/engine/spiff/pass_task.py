"""Tasks that do nothing an engine could do: abstract and manual tasks.

Corrects: SpiffWorkflow makes them wait for a person whom no inbox could tell about them.
"""

from __future__ import annotations

from app.engine.spiff.activity import Activity


class PassTask(Activity):
    """Goes straight on; history notes that it was passed."""
