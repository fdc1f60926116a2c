"""What people read, type and spell over the telephone."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.crockford import ALPHABET
from offline_activation.formats.names import (
    carried_license_number,
    check_name,
    document_id,
    new_license_number,
    read_license_number,
    read_reference,
    reference,
    show_license_number,
    site_id,
)

CodeOf = Callable[[Callable[[], object]], str]

NUMBERS = [new_license_number(seed) for seed in (bytes(12), bytes([255]) * 12, bytes(range(1, 13)))]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_single_wrong_character_of_a_license_number_is_found(code_of: CodeOf, number: str) -> None:
    for at, right in enumerate(number):
        for wrong in set(ALPHABET) - {right}:
            typed = number[:at] + wrong + number[at + 1 :]
            assert code_of(lambda typed=typed: read_license_number(typed)) == "license_number.invalid"


@given(st.binary(min_size=12, max_size=12))
def test_every_pair_of_changed_neighbours_is_found(code_of: CodeOf, seed: bytes) -> None:
    number = new_license_number(seed)
    for at in range(19):
        typed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        if typed != number:
            assert code_of(lambda typed=typed: read_license_number(typed)) == "license_number.invalid"


@given(st.binary(min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_case_hyphens_blanks_and_look_alikes_do_not_matter(seed: bytes, random: st.DrawFn) -> None:
    number = new_license_number(seed)
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(random.choice(looks.get(c, c + c.lower())) for c in show_license_number(number))
    assert read_license_number(typed) == number
    spaced = typed.replace("-", random.choice([" ", "", "\u00a0", " - ", "\u2013", "\u2011", "\u2212"]))
    assert read_license_number(f"\t{spaced}\r\n") == number


def test_a_license_number_shows_in_groups_of_five() -> None:
    assert show_license_number(NUMBERS[0]) == "00000-00000-00000-00000"
    assert new_license_number(bytes(range(12))) == "000G40R40M30E20918ZQ"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "0 characters, expected 20"),
        ("0", "1 characters, expected 20"),
        (NUMBERS[2][:-1], "19 characters, expected 20"),
        (NUMBERS[2] + "0", "21 characters, expected 20"),
        (NUMBERS[2][:-1] + "U", "characters that no license number has"),
        (NUMBERS[2][:-1] + "*", "characters that no license number has"),
        (NUMBERS[2][:-1] + "\u0660", "characters that no license number has"),
        ("0" * 1_000_000, "1000000 characters"),
        (NUMBERS[2][::-1], "check characters do not fit"),
    ],
)
def test_a_mistyped_license_number_says_what_is_wrong(typed: str, reason: str) -> None:
    from offline_activation.errors import Refusal  # noqa: PLC0415 - the message itself is looked at

    with pytest.raises(Refusal) as caught:
        read_license_number(typed)
    assert caught.value.code == "license_number.invalid"
    assert reason in caught.value.message


def test_inside_a_document_only_the_compact_form_is_valid(code_of: CodeOf) -> None:
    number = NUMBERS[2]
    assert carried_license_number(number) == number
    for other in (number.lower(), show_license_number(number), number + " ", number[:-1] + "U", "O" + number[1:]):
        assert code_of(lambda other=other: carried_license_number(other)) == "profile.field_invalid"


def test_random_bytes_of_another_size_are_a_mistake_of_the_caller() -> None:
    for size in (0, 11, 13):
        with pytest.raises(ValueError, match="12 random bytes"):
            new_license_number(bytes(size))


@given(st.binary(min_size=5, max_size=16))
def test_a_reference_is_read_as_people_write_it(request_id: bytes) -> None:
    shown = reference(request_id)
    assert len(shown) == 12
    for typed in (shown, shown.lower(), shown.replace("-", ""), shown.replace("-", " "), f"  {shown}\n"):
        assert read_reference(typed) == shown
    assert read_reference(shown.replace("0", "O").replace("1", "l")) == shown


@pytest.mark.parametrize(
    "typed",
    ["", "AR", "AR-", "AR-7K4M-92Q", "AR-7K4M-92QXX", "7K4M-92QX", "BR-7K4M-92QX", "AR-7K4U-92QX", "AR-\u0667K4M-92QX"],
)
def test_what_is_no_reference_is_none(typed: str) -> None:
    assert read_reference(typed) is None


@pytest.mark.parametrize("name", ["a", "infinitime", "a" * 32, "z9_-", "badge_readers"])
def test_a_name_is_accepted(name: str) -> None:
    assert check_name(name, "product") == name


@pytest.mark.parametrize(
    "name", ["", "a" * 33, "9a", "_a", "-rf", "A", "ä", "a b", "a.b", "../x", "a\n", 1, b"a", None, True, ()]
)
def test_what_is_no_name_is_refused(code_of: CodeOf, name: str) -> None:
    assert code_of(lambda: check_name(name, "product")) == "profile.field_invalid"


def test_ids_are_hashes_of_the_payload_and_of_the_key() -> None:
    assert document_id(b"").hex() == "e3b0c44298fc1c149afbf4c8996fb924"
    assert site_id(bytes(32)).hex() == "66687aadf862bd776c8fc18b8e9f8e20"
