"""The board's screen: agenda, scores, proposal, resolution with its votes; to be read only, also by observers."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from app.services.scoring import board
from app.web.downloads import stored_file
from app.web.guards import context, permission, signed_in

blueprint = Blueprint("scoring", __name__, url_prefix="/board")


@blueprint.get("/")
@permission("board.read")
def overview() -> str:
    """The calls that a board has deliberated on or will."""
    return render_template("scoring/overview.html", calls=board.list_calls(context().session))


@blueprint.get("/<call_no>")
@permission("board.read")
def agenda(call_no: str) -> str:
    """The agenda of one call."""
    return render_template(
        "scoring/agenda.html", agenda=board.agenda_of(context().session, call_no, signed_in())
    )


@blueprint.get("/<call_no>/minutes.pdf")
@permission("board.read")
def minutes(call_no: str) -> Response:
    """The minutes as issued; not for who stands aside in one of the cases."""
    found = board.minutes_of(context().session, call_no, signed_in())
    return stored_file(found.pdf_sha256, f"{found.number}.pdf", "application/pdf", inline=True)
