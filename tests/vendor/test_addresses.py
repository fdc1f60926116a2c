import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.vendor.addresses import known_by


@pytest.mark.parametrize(
    "email",
    [
        "IT@Northwind.example",
        " it@northwind.example\t",
        "it+second@northwind.example",
        "it+a+b@northwind.example",
        "\uff49\uff54\uff20\uff4eorthwind.example",
        "it\uff0bx@northwind.example",
    ],
)
def test_the_same_customer_by_another_spelling(email: str) -> None:
    assert known_by(email) == "it@northwind.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it@northwind.example", "it@southwind.example"),
        ("it@northwind.example", "itx@northwind.example"),
        ("+a@northwind.example", "+b@northwind.example"),
        ("a@x+b.example", "a@x.example"),
    ],
)
def test_different_customers(one: str, other: str) -> None:
    assert known_by(one) != known_by(other)


@given(st.emails())
def test_a_name_is_its_own_name(email: str) -> None:
    assert known_by(known_by(email)) == known_by(email)
