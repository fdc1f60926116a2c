"""Random life histories: whatever happens in whatever sequence, what is promised holds after every step.

* Seats: the books know at most one holder of a license, and it is the server that the history made the holder; licenses
  in use are never more than licenses sold.
* Revisions: at no site an older revision ever replaces a newer one, except by restoring a backup.
* The honest customer: a licensed site is never stopped by clock noise, disk change within policy, crash or bad file.
* Who gave a license back, or was replaced and has heard of it, runs no longer.
"""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from life import DAY, Machine, Site, World

from offline_activation import files
from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import LicenseNumber

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory
NAMES = st.sampled_from(("north", "south", "east"))
FILES = st.sampled_from(("license.cose", "license.kept.cose", "trust.cose", "clock", "product.cose"))
WORKS = {"active", "renewal_due", "in_grace"}


class KilledError(BaseException):
    """The process ends here, as by a signal: nothing catches it."""


class Lives(RuleBasedStateMachine):
    """One vendor, three servers, two licenses to begin with, and everything that can happen to them."""

    numbers = Bundle("numbers")
    mail = Bundle("mail")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Path(tempfile.mkdtemp(prefix="oa-lives-", dir=MEMORY if MEMORY.is_dir() else None)))
        self.holder: dict[LicenseNumber, Site] = {}
        self.revision: dict[str, int] = {}
        self.changed_on: dict[str, int] = {}
        self.stopped: set[str] = set()
        self.revoked: set[LicenseNumber] = set()
        self.backups: dict[str, Path] = {}
        self.sold = 0
        for name in ("north", "south", "east"):
            self.world.site(name)

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.world.place)

    @initialize(target=numbers, counts=st.lists(st.integers(1, 500), min_size=2, max_size=2))
    def begin(self, counts: list[int]) -> object:
        numbers = [self.sell(count) for count in counts]
        self._activated(numbers[0], self.world.sites["north"])
        return multiple(*numbers)

    # the vendor

    def sell(self, count: int) -> LicenseNumber:
        self.sold += 1
        return self.world.vendor.sell(limits={"employees": count})

    @rule(number=numbers, more=st.integers(1, 50))
    def sell_more(self, number: LicenseNumber, more: int) -> None:
        if number not in self.revoked:
            self.world.vendor.sell(license_number=number, more={"employees": more})

    @rule(root=st.booleans())
    def rotate_keys(self, root: bool) -> None:  # noqa: FBT001 - drawn
        if self.world.clock.now > self.world.begun + 10 * DAY * len(self.world.vendor.signers):
            self.world.vendor.rotate(root=root)

    # exchanges

    @rule(number=numbers, name=NAMES)
    def activate(self, number: LicenseNumber, name: str) -> None:
        site = self.world.sites[name]
        if number not in self.holder and number not in self.revoked and site not in self.holder.values():
            self._activated(number, site)

    @rule(number=numbers, name=NAMES)
    def a_second_server_is_refused(self, number: LicenseNumber, name: str) -> None:
        """The same number from another server, without a word about the first."""
        site, held = self.world.sites[name], self.holder.get(number)
        if held is None or site in self.holder.values() or site.state == "superseded":
            return
        event("second server")
        answer = self.world.vendor.answer(site.request("activate", number))
        assert answer.outcome == "refused"
        self._read_refusal(site, answer.document)

    @rule(target=mail, number=numbers, purpose=st.sampled_from(("renew", "update")))
    def ask(self, number: LicenseNumber, purpose: str) -> object:
        site = self.holder.get(number)
        if site is None:
            return multiple()
        answer = self.world.vendor.decide(site.request(purpose))
        assert answer.outcome == "signed"
        return (site.name, answer.document)

    @rule(sent=mail)
    def deliver(self, sent: tuple[str, bytes]) -> None:
        """A response arrives, late, twice, or after newer ones."""
        self._install(self.world.sites[sent[0]], sent[1])

    @rule(sent=consumes(mail), at=st.integers(0, 12))
    def deliver_and_die(self, sent: tuple[str, bytes], at: int) -> None:
        """The process is killed at a durable write of the import; the same file is imported again afterwards."""
        site = self.world.sites[sent[0]]
        real, count = os.replace, iter(range(1000))

        def replace(source: str, target: str) -> None:
            if next(count) == at:
                raise KilledError
            real(source, target)

        files.os.replace = replace  # type: ignore[assignment]
        try:
            self._install(site, sent[1])
        except KilledError:
            event("killed")
        finally:
            files.os.replace = real
        self._install(site, sent[1])

    # moves

    @rule(number=numbers, receipt=st.booleans())
    def give_back(self, number: LicenseNumber, receipt: bool) -> None:  # noqa: FBT001 - drawn
        """A return; its receipt is imported or lost."""
        site = self.holder.get(number)
        if site is None:
            return
        event("returned")
        answer = self.world.vendor.decide(site.give_back())
        assert answer.outcome == "signed"
        self._leaves(number, site)
        if receipt:
            site.install(answer.document)

    @rule(number=numbers, name=NAMES, how=st.sampled_from(("transfer", "rehost")))
    def move(self, number: LicenseNumber, name: str, how: str) -> None:
        """To a free server: with the return of the old one, or because that is gone."""
        old, new = self.holder.get(number), self.world.sites[name]
        if old is None or new in self.holder.values() or name in self.stopped:
            return
        proof = old.give_back() if how == "transfer" else None
        request = new.request(how, number, **({"proof": proof} if proof else {}))
        answer = self.world.vendor.decide(request)
        if answer.code == "policy.proof":
            event("a response was never imported")
            self._read_refusal(new, answer.document)
            assert proof is not None
            assert self.world.vendor.decide(proof).kind == "receipt"
            answer = self.world.vendor.decide(new.request(how, number, proof=proof))
        if answer.code == "policy.unreturned":
            event("too many unreturned")
            self._read_refusal(new, answer.document)
            return
        assert answer.outcome == "signed"
        event(how)
        if how == "transfer":
            self._leaves(number, old)
        else:
            self._hears_of_it(number, old)
        self.holder[number] = new
        self._install(new, answer.document)

    @rule(name=NAMES)
    def emergency(self, name: str) -> None:
        """New board and disk at once: the emergency license when there is one, and a rebind that a person agrees to."""
        site = self.world.sites[name]
        if site not in self.holder.values():
            return
        site.machine = Machine.numbered(next(self.world.numbers) + 5000)
        code = "opened"
        try:
            site.open_emergency()
        except Refusal as refusal:
            code = refusal.code
        event(f"emergency {code}")
        assert code in {"opened", "license.emergency_none", "license.emergency_used"}
        assert (site.state == "in_grace") == (code == "opened")
        self._exchange(site, "rebind")

    # what happens to sites

    @rule(sent=mail, bit=st.integers(0, 3000))
    def bad_file(self, sent: tuple[str, bytes], bit: int) -> None:
        site, document = self.world.sites[sent[0]], sent[1]
        at = bit % (8 * len(document))
        broken = bytearray(document)
        broken[at // 8] ^= 1 << at % 8
        before = site.start().revision
        try:
            site.install(bytes(broken))
        except Refusal:
            assert site.start().revision == before
            return
        raise AssertionError("a flipped bit was accepted")

    @rule(
        name=NAMES, which=st.sampled_from(("license.cose", "license.kept.cose", "trust.cose", "clock", "product.cose"))
    )
    def damage(self, name: str, which: str) -> None:
        """A file of the state directory loses its end; a person runs an exchange before the next accident."""
        site = self.world.sites[name]
        path = site.home / which
        if not path.exists() or site not in self.holder.values():
            return
        os.truncate(path, path.stat().st_size // 2)
        assert site.state in WORKS
        self._exchange(site, "rebind" if name in self.changed_on else "renew")

    @rule(name=NAMES, hours=st.integers(-23, 23))
    def clock_noise(self, name: str, hours: int) -> None:
        self.world.sites[name].skew = hours * 3600

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        """Honest administrators contact the vendor before the lease ends, and ask for a rebind in time."""
        self.world.clock.forward(days=days)
        for site in self.holder.values():
            lease = site.license_in_force().lease_until or 0
            drifted = self.world.clock.now - self.changed_on.get(site.name, self.world.clock.now)
            if self.world.clock.now > lease - 20 * DAY or drifted > 9 * DAY:
                self._exchange(site, "rebind" if site.name in self.changed_on else "renew")

    @rule(name=NAMES)
    def new_disk(self, name: str) -> None:
        site = self.world.sites[name]
        if name in self.changed_on or site not in self.holder.values():
            return
        site.machine.volume = Machine.numbered(next(self.world.numbers) + 1000).volume
        assert site.state in WORKS
        self.changed_on[name] = self.world.clock.now

    @rule(name=NAMES)
    def back_up(self, name: str) -> None:
        if name in self.backups:
            shutil.rmtree(self.backups.pop(name))
        if self.world.sites[name] in self.holder.values() and name not in self.changed_on:
            self.backups[name] = self.world.sites[name].backup()

    @rule(name=NAMES)
    def restore(self, name: str) -> None:
        """An old backup comes back: an honest server goes on after one exchange, a former one is stopped by it."""
        backup, site = self.backups.get(name), self.world.sites[name]
        if backup is None:
            return
        number = next((number for number, held in self.holder.items() if held is site), None)
        site.restore(backup)
        if site.state == "wrong_machine" or site.license_in_force().license_number != number:
            event("restored elsewhere")
            self._meets_the_vendor(site, number)
            return
        event("restored")
        self.revision[name] = site.license_in_force().revision
        self._exchange(site, "rebind" if name in self.changed_on else "renew")

    # what holds

    @invariant()
    def the_books_know_the_holder(self) -> None:
        assert len(self.holder) <= self.sold
        for number, site in self.holder.items():
            held = self.world.vendor.record(number).installation
            assert held is not None
            assert held.site_key == site.public_key

    @invariant()
    def no_honest_site_is_stopped(self) -> None:
        for site in self.holder.values():
            found = site.start()
            assert found.problem is None, (site.name, found.problem)
            assert found.state in WORKS

    @invariant()
    def no_revision_goes_back(self) -> None:
        for site in self.holder.values():
            assert site.start().revision >= self.revision.get(site.name, 0)

    @invariant()
    def who_left_runs_no_longer(self) -> None:
        for name in self.stopped:
            found = self.world.sites[name].start()
            assert found.state in {"returned", "superseded"}
            assert found.limit("employees") == 0

    # the steps of these stories

    def _activated(self, number: LicenseNumber, site: Site) -> None:
        if site.state == "superseded":  # it cleans up first, which also counts in the customer's favor
            assert self.world.vendor.decide(site.give_back()).outcome == "signed"
        answer = self.world.vendor.decide(site.request("activate", number))
        assert answer.outcome == "signed", answer
        self.holder[number] = site
        self.stopped.discard(site.name)
        self._install(site, answer.document)

    def _install(self, site: Site, document: bytes | None) -> None:
        """Import: an older revision is refused; so is what was on its way when the license left this server."""
        assert document is not None
        site.skew = max(site.skew, 0)  # the vendor's documents are from the future of a clock that is behind
        content = read_license(open_envelope(document))
        before = self.revision.get(site.name, 0)
        code = "installed"
        try:
            site.install(document)
        except Refusal as refusal:
            code = refusal.code
        if self.holder.get(content.license_number) is not site:  # it may come in, and runs nothing any more
            assert code != "installed" or site.state not in WORKS
            return
        if code == "installed":
            assert content.revision >= before
            self.revision[site.name] = content.revision
        else:
            assert content.revision <= before, code
        if site.license_in_force().components["volume_id"] == site.volume_mark():
            self.changed_on.pop(site.name, None)

    def _exchange(self, site: Site, purpose: str) -> None:
        answer = self.world.vendor.decide(site.request(purpose))
        assert answer.outcome == "signed", answer
        self._install(site, answer.document)

    def _leaves(self, number: LicenseNumber, site: Site) -> None:
        """The license is given back by ``site``."""
        del self.holder[number]
        self.stopped.add(site.name)
        self.revision.pop(site.name, None)
        self.changed_on.pop(site.name, None)

    def _hears_of_it(self, number: LicenseNumber, site: Site) -> None:
        """The replaced server comes back and asks once; it gives back what it has when it begins anew."""
        self._leaves(number, site)
        answer = self.world.vendor.answer(site.request("renew"))
        assert (answer.outcome, answer.code) == ("refused", "policy.superseded")
        self._read_refusal(site, answer.document)

    def _meets_the_vendor(self, site: Site, number: LicenseNumber | None) -> None:
        """A directory from before a move: the vendor's refusal stops it, or the present license comes by a rebind."""
        if number is not None:
            shutil.rmtree(site.home)
            site.initialise()
            self.holder.pop(number)
            self.world.vendor.stop("revoke", number)
            self.revoked.add(number)
            self.revision.pop(site.name, None)
            self.changed_on.pop(site.name, None)
            return
        answer = self.world.vendor.answer(site.request("renew"))
        assert answer.outcome == "refused"
        self._read_refusal(site, answer.document)
        assert site.state not in WORKS
        shutil.rmtree(site.home)  # it does not know of its own return: a new installation is the way back
        site.initialise()
        self.stopped.discard(site.name)

    def _read_refusal(self, site: Site, document: bytes | None) -> None:
        site.skew = max(site.skew, 0)
        try:
            site.install(document)
        except Refusal:
            return
        raise AssertionError("a refusal was installed")


Lives.TestCase.settings = settings(
    max_examples=int(os.environ.get("LIVES", "25")),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking such histories takes longer than reading them
    derandomize="LIVES" not in os.environ,  # the same lives in every run; LIVES=1000 looks for new ones
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLives = Lives.TestCase
