"""An intent that must not be signed is given up, and what it claimed is undone."""

from dataclasses import replace

from offline_activation.errors import Refusal
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import show_license_number
from offline_activation.formats.request import receive_request
from offline_activation.vendor import moves
from offline_activation.vendor.claiming import installation_of
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry, Intent, LicenseRecord


def abandon(work: Work, intent: Intent, *, why: Refusal, now: int, actor: str) -> None:
    """Give up an intent that must not be signed, and undo its claim: the license is as its last good intent left it."""
    current = work.find_intent(intent.request_id)
    if current is None or current.state == "signed" or current.response_id != intent.response_id:
        return
    work.save_intent(replace(current, state="abandoned"))
    record = work.find_license(intent.license_number)
    request = work.find_request(intent.request_id)
    if intent.kind == "license" and record is not None and request is not None:
        site_key = receive_request(request.document).content.site_key
        undone = moves.undo(work, record, intent, site_key)
        work.save_license(_without_claim(work, undone, intent, site_key))
    work.append_audit(
        AuditEntry(
            at=now,
            actor=actor,
            action=f"{intent.kind}.abandoned",
            subject=show_license_number(intent.license_number),
            details={"response": intent.response_id.hex(), "code": why.code, "why": why.message},
        )
    )


def _without_claim(work: Work, record: LicenseRecord, intent: Intent, site_key: PublicKey) -> LicenseRecord:
    """Return the record as the last good intent left it, when the abandoned one was the last to change it."""
    held = record.installation
    if record.revision != intent.revision or (held is not None and held.site_key != site_key):
        return record
    kept = [item for item in work.intents(record.license_number) if item.kind == "license"]
    kept = [item for item in kept if item.state != "abandoned"]
    if not kept:
        return replace(record, revision=0, installation=None)
    last = max(kept, key=lambda item: item.revision)
    record = replace(record, revision=last.revision, installation=None)
    request = work.find_request(last.request_id)
    if request is None:
        return record
    return moves.restored(work, record, kept, installation_of(receive_request(request.document).content))
