"""Random lives of a few licenses at the vendor, against a model that knows who holds what.

Invariants: a license number has at most one holder, and it is the one of the model; issued minus returned (servers that
were written down as replaced by a person aside) never exceeds sold; a customer never has more unreturned servers than
the product allows; the books never contradict themselves.
"""

# ruff: noqa: ANN401 - the world is made from a class of conftest.py

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from offline_activation.errors import ActivationError, Trouble
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.vendor.issuing import answer
from offline_activation.vendor.moves import write_off

DAY = 86_400
licenses = st.integers(0, 1)
sites = st.integers(0, 3)
ASKING = [Purpose.ACTIVATE, Purpose.RENEW, Purpose.UPDATE]


class Vendor(RuleBasedStateMachine):
    world_of: Any = None
    store_of: Any = None

    @initialize()
    def sell(self) -> None:
        self.world = self.world_of(self.store_of())
        self.numbers = [self.world.sold(), self.world.sold()]
        self.sites = {
            (number, each): self.world.site(number, number=20 + 10 * at + each, volume=f"d15c-{at}-{each}")
            for at, number in enumerate(self.numbers)
            for each in range(4)
        }
        self.unfinished: list[tuple[Any, int, bytes]] = []
        self.made: list[bytes] = []

    def ask(self, at: int, each: int, document: bytes, *, crash: bool) -> None:
        """Let the vendor answer, die at the signature or not, and keep the model."""
        number = self.numbers[at]
        self.made.append(document)
        found = None
        if crash:
            opened: list[int] = []

            def dying(_record: Any) -> Any:
                opened.append(1)
                if len(opened) > 1:
                    raise Trouble("key.file", path="token", what="gone")
                return self.world.issuing

            try:
                found = answer(replace(self.world.desk, signers=dying), receive_request(document))
            except Trouble:
                self.unfinished.append((number, each, document))
        else:
            found = self.world.answer(document)
        if found is not None:
            self.settle(number, each, document, found)

    def settle(self, number: Any, each: int, document: bytes, found: Any) -> None:
        site = self.sites[number, each]
        if found.kind == "license" and receive_request(document).content.counter == site.counter:
            site.accept(found.document)

    def told_by_the_ledger(self, number: Any) -> tuple[set[bytes], set[bytes]]:
        """Return who holds a license, and who was handed one and has not given it back: replayed from the ledger.

        Abandoned intents were never handed out; a return counts once, when its first receipt was recorded.
        """
        holder: set[bytes] = set()
        handed: set[bytes] = set()
        counted: set[bytes] = set()
        with self.world.store.read() as work:
            for intent in work.intents(number):
                site = receive_request(work.find_request(intent.request_id).document).content.site_key
                if intent.kind == "receipt" and intent.request_id not in counted:
                    counted.add(intent.request_id)
                    holder, handed = holder - {site}, handed - {site}
                elif intent.kind == "license" and intent.state != "abandoned":
                    holder = {site}
                    handed |= {site} if intent.state == "signed" else set()
        return holder, handed

    @rule(at=licenses, each=sites, purpose=st.sampled_from(ASKING), crash=st.booleans())
    def asks(self, at: int, each: int, purpose: Purpose, crash: bool) -> None:  # noqa: FBT001 - drawn
        site = self.sites[self.numbers[at], each]
        self.ask(at, each, site.request(purpose, created=self.world.now), crash=crash)

    @rule(at=licenses, each=sites, crash=st.booleans())
    def gives_back(self, at: int, each: int, crash: bool) -> None:  # noqa: FBT001 - drawn
        site = self.sites[self.numbers[at], each]
        if site.revision:
            self.ask(at, each, site.give_back(created=self.world.now), crash=crash)

    @rule(at=licenses, each=sites, old=sites, approve=st.booleans(), crash=st.booleans())
    def transfers(self, at: int, each: int, old: int, approve: bool, crash: bool) -> None:  # noqa: FBT001 - drawn
        number = self.numbers[at]
        if each == old:
            return
        proof = self.sites[number, old].give_back(created=self.world.now)
        self.moves(at, each, Purpose.TRANSFER, approve=approve, crash=crash, proof=proof)

    @rule(at=licenses, each=sites, approve=st.booleans(), crash=st.booleans(), clock=st.integers(-30, 400))
    def rehosts(self, at: int, each: int, approve: bool, crash: bool, clock: int) -> None:  # noqa: FBT001 - drawn
        self.world.now = max(self.world.now + clock * DAY, 1_795_498_206)
        self.world.now = min(self.world.now, 1_795_498_206 + 3000 * DAY)
        self.moves(at, each, Purpose.REHOST, approve=approve, crash=crash)

    def moves(self, at: int, each: int, purpose: Purpose, *, approve: bool, crash: bool, **other: Any) -> None:
        document = self.sites[self.numbers[at], each].request(purpose, created=self.world.now, **other)
        waiting = self.world.answer(document)
        if waiting.outcome == "waiting" and approve and waiting.blocking is None:
            self.world.approve(document)
        if waiting.outcome != "waiting" or approve:
            self.ask(at, each, document, crash=crash)

    @rule(at=licenses, each=sites)
    def is_refused(self, at: int, each: int) -> None:
        self.world.refuse(self.sites[self.numbers[at], each].request(Purpose.RENEW, created=self.world.now))

    @rule(at=licenses)
    def writes_off(self, at: int) -> None:
        if self.world.record(self.numbers[at]).unreturned:
            with self.world.store.begin() as work:
                write_off(work, self.numbers[at], reason="Tests", now=self.world.now, actor="tester")

    @precondition(lambda self: self.unfinished)
    @rule(data=st.data())
    def goes_on_after_the_crash(self, data: Any) -> None:
        number, each, document = self.unfinished.pop(data.draw(st.integers(0, len(self.unfinished) - 1)))
        holder = self.world.record(number).installation
        seats = sum(self.world.record(each_number).installation is not None for each_number in self.numbers)
        try:
            found = self.world.answer(document)
        except ActivationError as error:
            # went elsewhere meanwhile, or the license that was recorded is over by now: it is given up, its move undone
            assert error.code in {"policy.changed_since", "vendor.lint_failed"}  # noqa: PT017 - an answer is as good
            return
        self.settle(number, each, document, found)
        after = self.world.record(number).installation
        assert (after is None) == (holder is None), "finishing an intent frees no seat and takes none"
        assert seats <= len(self.numbers)

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def is_asked_again(self, data: Any) -> None:
        document = data.draw(st.sampled_from(self.made))
        with self.world.store.read() as work:
            intent = work.find_intent(receive_request(document).request_id)
        if intent is None or intent.state != "signed":
            return
        before = self.world.dump()
        assert self.world.answer(document).document == intent.document
        assert self.world.dump() == before

    @invariant()
    def one_server_holds_a_license_and_it_is_the_right_one(self) -> None:
        for number in getattr(self, "numbers", ()):
            record = self.world.record(number)
            held = {record.installation.site_key} if record.installation else set()
            holder, handed = self.told_by_the_ledger(number)
            assert held == holder
            with self.world.store.read() as work:
                replaced = {
                    site.site_key for site in work.former_sites(number) if site.back is None and site.how != "returned"
                }
            assert len((handed | held) - replaced) <= 1, "two servers run one license, and no person said so"

    @invariant()
    def the_books_agree_with_themselves(self) -> None:
        if not hasattr(self, "numbers"):
            return
        total = 0
        with self.world.store.read() as work:
            for number in self.numbers:
                record, former = work.find_license(number), work.former_sites(number)
                assert record.unreturned == sum(site.is_unreturned for site in former)
                holder = record.installation.site_key if record.installation else None
                assert all((site.back is None) == (site.site_key != holder) for site in former)
                total += record.unreturned
            assert work.unreturned_of("infinitime", "IT@northwind.example") == total
        assert total <= 2


@pytest.mark.parametrize("steps", [50])
def test_whatever_happens_no_seat_is_held_twice(world_of: Any, memory_store: Any, steps: int) -> None:
    class Life(Vendor):
        pass

    Life.world_of, Life.store_of = world_of, type(memory_store)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a life is not made shorter in reasonable time
        ),
    )
