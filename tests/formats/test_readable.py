"""The readable side: it says what the block says, and where it was altered, the labels are named."""

import textwrap
import time

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.product import LimitRule, ProductDocument, seal_product
from offline_activation.formats.readable import LABELS, TITLES, compose, describe, differences
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import ActivationRequest, seal_request
from offline_activation.formats.value import changed

KINDS = ["request", "license", "refusal", "trust", "product"]


def said(document: bytes, text: str) -> tuple[str, ...]:
    read = unarmor(text, source="test")
    assert read.document == document
    return differences(document, read.readable)


def test_every_kind_has_its_title_and_its_label() -> None:
    assert set(TITLES) == set(LABELS) == set(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_text_and_opens_to_the_same_document(documents: dict[str, bytes], kind: str) -> None:
    text = compose(documents[kind])
    assert said(documents[kind], text) == ()
    assert text.endswith(" END\n")
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_altered_line_is_named_and_no_other(documents: dict[str, bytes], kind: str) -> None:
    document = documents[kind]
    text = compose(document)
    for label, value in describe(open_envelope(document)):
        altered = text.replace(f"\n{label}: {value}", f"\n{label}: something else", 1)
        assert altered != text
        assert said(document, altered) == (label,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [24, 40, 60, 76])
def test_a_mail_program_that_breaks_long_lines_alters_nothing(
    documents: dict[str, bytes], kind: str, width: int
) -> None:
    lines = compose(documents[kind]).split("\n")
    wrap = textwrap.TextWrapper(width, break_on_hyphens=False, break_long_words=False).wrap
    broken = [piece for line in lines for piece in wrap(line) or [""]]
    assert said(documents[kind], "\r\n".join("> " + line for line in broken)) == ()


def test_several_altered_lines_are_named_in_order_each_once(request_document: bytes) -> None:
    text = compose(request_document).replace("Sacramento", "Oakland").replace("Maria", "Mario")
    doubled = text.replace("City: Oakland", "City: Oakland\nCity: Fresno")
    assert said(request_document, doubled) == ("First name", "City")


def test_an_added_second_line_of_a_label_is_named(request_document: bytes) -> None:
    text = compose(request_document).replace("City: Sacramento", "City: Sacramento\nCity: Oakland")
    assert said(request_document, text) == ("City",)


def test_lines_of_nobody_are_ignored(request_document: bytes) -> None:
    text = "Dear vendor: please sign.\n" + compose(request_document) + "\nKind regards: Maria\n"
    assert said(request_document, text) == ()


def test_labels_with_colons_and_twice_the_same_label_are_understood(
    product_content: ProductDocument, root: SoftwareSigner
) -> None:
    rules = {
        "a": LimitRule(label="Seats: named", demo=1),
        "b": LimitRule(label="Seats: named", demo=2),
        "c": LimitRule(label="Seats", demo=3),
    }
    document = seal_product(changed(product_content, limits=rules), root)
    assert said(document, compose(document)) == ()
    assert said(document, compose(document).replace(": 3 in demo", ": 9 in demo")) == ("Limit, Seats",)


def test_blanks_in_values_do_not_matter(request_content: ActivationRequest, site: SoftwareSigner) -> None:
    contact = changed(request_content.contact, company="  North   wind >", address2="   ")
    document = seal_request(changed(request_content, contact=contact), site)
    assert said(document, compose(document)) == ()


def test_the_longest_sentences_survive_a_narrow_mail(refusal_content: RefusalDocument, issuing: SoftwareSigner) -> None:
    long = changed(refusal_content, message="word " * 59 + "word.", remedy="step " * 59 + "step.")
    document = seal_refusal(long, issuing)
    broken = "\n".join(textwrap.fill(line, 60) for line in compose(document).split("\n"))
    assert said(document, broken) == ()
    assert said(document, broken.replace("word.", "sword.")) == ("Reason",)


def test_an_instant_far_away_is_said_in_words(request_content: ActivationRequest, site: SoftwareSigner) -> None:
    document = seal_request(changed(request_content, created=2**53 - 1), site)
    assert "Request date: in the far future" in compose(document)


def test_a_hundred_thousand_lines_around_the_block_cost_little(request_document: bytes) -> None:
    began = time.process_time()
    assert differences(request_document, ["x"] * 100_000) == ()
    assert time.process_time() - began < 4
