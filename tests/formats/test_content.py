"""Everything a document holds is in its content: no field is left out, and JSON can hold all of it."""

import json
from collections.abc import Iterator

import pytest

from offline_activation.formats.cbor import Value, decode, encode
from offline_activation.formats.content import FIELD_NAMES, content
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import KeyId, SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, show_license_number
from offline_activation.formats.readable import describe
from offline_activation.formats.request import ActivationRequest, seal_request
from offline_activation.formats.trust_list import TrustList, seal_trust_list
from offline_activation.formats.value import changed

KINDS = [kind.value for kind in Kind]


def leaves(item: object) -> Iterator[str]:
    if isinstance(item, dict):
        for name, each in item.items():
            yield str(name)
            yield from leaves(each)
    elif isinstance(item, (list, tuple)):
        for each in item:
            yield from leaves(each)
    elif isinstance(item, bytes):
        yield item.hex()
    else:
        yield str(item)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_payload_has_a_name_and_a_value_in_the_content(
    documents: dict[str, bytes], kind: str
) -> None:
    envelope = open_envelope(documents[kind])
    found = content(envelope)
    body = decode(envelope.payload)
    assert isinstance(body, dict)
    names = FIELD_NAMES[Kind(kind)]
    assert set(body) <= set(names)
    assert {names[int(number)] for number in body} <= set(found)
    assert json.loads(json.dumps(found)) == found
    assert (found["kind"], found["version"], found["key_id"]) == (kind, 1, envelope.key_id.hex())
    assert found["payload_bytes"] == len(envelope.payload)


def test_a_request_shows_nonce_marks_chain_key_and_extensions(
    request_content: ActivationRequest, site: SoftwareSigner
) -> None:
    full = changed(
        request_content,
        components={"machine_id": b"machine1", "network": b"network1"},
        previous=DocumentId(b"p" * 16),
        extensions=((70, {"a": (b"\x01", None, True), 5: "x"}),),
    )
    envelope = open_envelope(seal_request(full, site))
    found = content(envelope)
    assert found["nonce"] == full.nonce.hex()
    assert found["site_key"] == site.public_key.hex()
    assert found["components"] == {"machine_id": b"machine1".hex(), "network": b"network1".hex()}
    assert found["previous"] == (b"p" * 16).hex()
    assert found["counter"] == full.counter
    assert found["extensions"] == {"70": {"5": "x", "a": ["01", None, True]}}
    everything = set(leaves(found))
    body = decode(envelope.payload)
    assert isinstance(body, dict)
    shown = {name for key, item in body.items() if key not in {2, 7, 11, 12} for name in leaves(item)}
    assert shown - {"b'\\x01'"} <= everything | {"70"}
    assert show_license_number(full.license_number) in everything


def test_a_license_shows_ids_marks_and_the_trust_list_inside_it(
    license_content: LicenseDocument, trust_content: TrustList, root: SoftwareSigner, issuing: SoftwareSigner
) -> None:
    trust = seal_trust_list(changed(trust_content, revoked=(KeyId(b"revoked!"),)), root)
    found = content(open_envelope(seal_license(changed(license_content, trust=trust), issuing)))
    assert found["request_id"] == license_content.request_id.hex()
    assert found["site_id"] == license_content.site.hex()
    assert found["components"] == {name: mark.hex() for name, mark in license_content.components.items()}
    assert found["trust"]["number"] == trust_content.number
    assert [entry["key"] for entry in found["trust"]["keys"]] == [entry.key.hex() for entry in trust_content.keys]
    assert found["trust"]["revoked"] == [b"revoked!".hex()]
    assert found["lease_until"] == license_content.lease_until


def test_a_trust_list_that_cannot_be_read_is_shown_as_its_bytes(
    license_content: LicenseDocument, issuing: SoftwareSigner
) -> None:
    found = content(open_envelope(seal_license(changed(license_content, trust=b"\xd2nonsense"), issuing)))
    assert found["trust"]["hex"] == b"\xd2nonsense".hex()
    assert found["trust"]["unreadable"]


def test_readable_lines_of_a_request_say_nothing_that_the_document_does_not_say(
    request_content: ActivationRequest, site: SoftwareSigner
) -> None:
    for usage, zone in (({}, ""), ({"employees": 7}, "Europe/Berlin")):
        envelope = open_envelope(seal_request(changed(request_content, usage=usage, zone=zone), site))
        lines = dict(describe(envelope))
        known = set(leaves(content(envelope)))
        for label in ("Reference", "Site key", "Request date"):
            lines.pop(label)  # the short forms of document id, key and instant
        assert {text for text in lines.values() if text not in known} == set()
        assert ("Time zone" in lines) == bool(zone)


def test_values_in_every_place_are_held_by_json() -> None:
    from offline_activation.formats.content import plain  # noqa: PLC0415 - the subject of this test

    item: Value = {1: (b"\xff", {"a": None}), "b": False}
    assert plain(decode(encode(item))) == {"1": ["ff", {"a": None}], "b": False}
