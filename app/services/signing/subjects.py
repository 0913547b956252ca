"""Whom a certificate speaks for: the person, the organisation and its unified social credit code (GB 32100)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509

_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
# Authorities write the code in one of these; X.520 organizationIdentifier is the one that is meant for it.
_CODE_PLACES = ("organization_identifier", "serial_number", "organizational_unit_name", "user_id")


@dataclass(frozen=True)
class Holder:
    """The subject of a certificate."""

    person: str
    organisation: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return "，".join(part for part in (self.organisation or self.person, *self.codes) if part)

    def speaks_for(self, party: Mapping[str, Any]) -> bool:
        """Whether it is a party's own: by the credit code where the certificate has one, else by the name."""
        code, name = str(party.get("uscc") or ""), str(party.get("name") or "")
        if self.codes and code:
            return _plain(code) in self.codes
        return bool(name) and _plain(self.organisation) == _plain(name)


def holder_of(certificate: x509.Certificate) -> Holder:
    """Who stands in the subject of a certificate."""
    named: dict[str, Any] = certificate.subject.native
    texts = [text for place in _CODE_PLACES for text in _texts(named.get(place))]
    codes = tuple(dict.fromkeys(code for text in texts for code in _CODE.findall(_plain(text))))
    organisation = next(iter(_texts(named.get("organization_name"))), "")
    return Holder(next(iter(_texts(named.get("common_name"))), ""), organisation, codes)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def _plain(text: str) -> str:
    """Without spaces and differences of width: （甲） is (甲)."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
