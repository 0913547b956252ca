"""Signing in, throttled by the database; accounts and organisations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services import identity
from app.services.errors import Conflict, Invalid, NotFound
from tests.factories import PASSWORD, World


def test_the_right_password_signs_in_and_nothing_else_does(world: World) -> None:
    with world.acting() as context:
        assert identity.authenticate(context, "wang", PASSWORD, "10.0.0.1") is not None
        assert identity.authenticate(context, "wang", PASSWORD + "x", "10.0.0.1") is None
        assert identity.authenticate(context, "nobody", PASSWORD, "10.0.0.1") is None


def test_a_switched_off_account_cannot_sign_in(world: World) -> None:
    with world.acting() as context:
        user = identity.find_user(context.session, "wang")
        assert user is not None
        user.is_active = False
    with world.acting() as context:
        assert identity.authenticate(context, "wang", PASSWORD, "10.0.0.1") is None
        assert identity.load_user(context.session, world.people["wang"]) is None


def test_failures_lock_the_name_for_a_while_even_with_the_right_password(world: World) -> None:
    for n in range(identity.MAX_FAILURES_PER_USER):
        with world.acting() as context:
            identity.authenticate(context, "wang", "wrong password", f"10.0.0.{n}")
    with pytest.raises(identity.TooManyAttempts), world.acting() as context:
        identity.authenticate(context, "wang", PASSWORD, "10.0.1.1")
    world.now += timedelta(minutes=16)
    with world.acting() as context:
        assert identity.authenticate(context, "wang", PASSWORD, "10.0.1.1") is not None


def test_failures_lock_the_address_too(world: World) -> None:
    with world.acting() as context:
        for n in range(identity.MAX_FAILURES_PER_ADDRESS):
            identity.authenticate(context, f"user{n}", "wrong password", "10.9.9.9")
    with pytest.raises(identity.TooManyAttempts), world.acting() as context:
        identity.authenticate(context, "zhang", PASSWORD, "10.9.9.9")


def test_accounts_are_checked(world: World) -> None:
    for kind, values in (
        (Conflict, {"username": "wang", "password": PASSWORD}),
        (Invalid, {"username": "new", "password": "short"}),
        (NotFound, {"username": "new", "password": PASSWORD, "groups": ["no such group"]}),
    ):
        with pytest.raises(kind), world.acting() as context:
            identity.create_user(context, name="x", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["", "91310000MA1FPUJN1", "91310000MA1FPUJN12", "91310000ma1fpujn11 "])
def test_a_wrong_credit_code_is_refused(world: World, code: str) -> None:
    with pytest.raises(Invalid), world.acting() as context:
        identity.create_organisation(context, uscc=code, name="样例", org_type="bank")


def test_a_code_is_registered_once(world: World) -> None:
    world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank")
    with pytest.raises(Conflict):
        world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank")
