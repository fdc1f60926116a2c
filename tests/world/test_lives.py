"""Random life histories: whatever happens in whatever sequence, what is promised holds after every step.

* Seats: the books know at most one holder of a license, and it is the server that the history made the holder.
* Revisions: at no site an older revision ever replaces a newer one, except by restoring a backup.
* The honest customer: a licensed site is never stopped by clock noise, disk change within policy, crash or bad file.
"""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from life import DAY, Machine, Site, World

from offline_activation import files
from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import LicenseNumber

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory
PARTS = ("volume", "machine", "firmware", "card")


class Killed(BaseException):
    """The process ends here, as by a signal: nothing catches it."""


class Lives(RuleBasedStateMachine):
    """One vendor, a few sites, and everything that can happen to them."""

    numbers = Bundle("numbers")
    mail = Bundle("mail")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Path(tempfile.mkdtemp(prefix="oa-lives-", dir=MEMORY if MEMORY.is_dir() else None)))
        self.holder: dict[LicenseNumber, Site] = {}
        self.revision: dict[str, int] = {}
        self.changed_on: dict[str, int] = {}
        self.backups: dict[str, Path] = {}
        for name in ("north", "south", "east"):
            self.world.site(name)

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.world.place)

    # the vendor

    @rule(target=numbers, count=st.integers(1, 500))
    def sell(self, count: int) -> LicenseNumber:
        return self.world.vendor.sell(limits={"employees": count})

    @rule(number=numbers, more=st.integers(1, 50))
    def sell_more(self, number: LicenseNumber, more: int) -> None:
        self.world.vendor.sell(license_number=number, more={"employees": more})

    # exchanges

    @rule(target=mail, number=numbers, name=st.sampled_from(("north", "south", "east")))
    def activate(self, number: LicenseNumber, name: str) -> object:
        site = self.world.sites[name]
        if number in self.holder or site in self.holder.values():
            return multiple()
        request = site.request(number=number)
        answer = self.world.vendor.decide(request)
        assert answer.outcome == "signed"
        self.holder[number] = site
        return (name, answer.document)

    @rule(target=mail, number=numbers, purpose=st.sampled_from(("renew", "update")))
    def ask(self, number: LicenseNumber, purpose: str) -> object:
        site = self.holder.get(number)
        if site is None or self.revision.get(site.name, 0) == 0:
            return multiple()
        answer = self.world.vendor.decide(site.request(purpose))
        assert answer.outcome == "signed"
        return (site.name, answer.document)

    @rule(sent=mail)
    def deliver(self, sent: tuple[str, bytes]) -> None:
        """A response arrives, late, twice, or after newer ones."""
        name, document = sent
        self._install(self.world.sites[name], document)

    @rule(sent=consumes(mail), at=st.integers(0, 12))
    def deliver_and_die(self, sent: tuple[str, bytes], at: int) -> None:
        """The process is killed at a durable write of the import; the same file is imported again afterwards."""
        name, document = sent
        site = self.world.sites[name]
        real, count = files.os.replace, iter(range(1000))

        def replace(*arguments: object, **options: object) -> None:
            if next(count) == at:
                raise Killed
            real(*arguments, **options)

        files.os.replace = replace
        try:
            self._install(site, document)
        except Killed:
            pass
        finally:
            files.os.replace = real
        self._install(site, document)

    # what happens to sites

    @rule(sent=mail, bit=st.integers(0, 3000))
    def bad_file(self, sent: tuple[str, bytes], bit: int) -> None:
        name, document = sent
        site = self.world.sites[name]
        at = bit % (8 * len(document))
        broken = bytearray(document)
        broken[at // 8] ^= 1 << at % 8
        before = site.start().revision
        try:
            site.install(bytes(broken))
        except Refusal:
            pass
        else:
            raise AssertionError("a flipped bit was accepted")
        assert site.start().revision == before

    @rule(
        name=st.sampled_from(("north", "south", "east")), which=st.sampled_from(("license.cose", "trust.cose", "clock"))
    )
    def damage(self, name: str, which: str) -> None:
        """A file of the state directory loses its end."""
        path = self.world.sites[name].home / which
        if path.exists():
            os.truncate(path, path.stat().st_size // 2)

    @rule(name=st.sampled_from(("north", "south", "east")), hours=st.integers(-48, 48))
    def clock_noise(self, name: str, hours: int) -> None:
        self.world.sites[name].skew = hours * 3600

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        """Honest administrators contact the vendor before the lease ends, and ask for a rebind in time."""
        self.world.clock.forward(days=days)
        for site in {id(each): each for each in self.holder.values()}.values():
            if self.revision.get(site.name, 0) == 0:
                continue
            lease = site.license_in_force().lease_until or 0
            if self.world.clock.now > lease - 20 * DAY or self._drifted_for(site) > 9 * DAY:
                self._exchange(site, "rebind" if site.name in self.changed_on else "renew")

    @rule(name=st.sampled_from(("north", "south", "east")), number=st.integers(1000, 1100))
    def new_disk(self, name: str, number: int) -> None:
        site = self.world.sites[name]
        if name in self.changed_on or self.revision.get(name, 0) == 0:
            return
        site.machine.volume = Machine.numbered(number).volume
        site.start()
        self.changed_on[name] = self.world.clock.now

    @rule(name=st.sampled_from(("north", "south", "east")))
    def back_up(self, name: str) -> None:
        if name in self.backups:
            shutil.rmtree(self.backups.pop(name))
        if self.revision.get(name, 0) and name not in self.changed_on:
            self.backups[name] = self.world.sites[name].backup()

    @rule(name=st.sampled_from(("north", "south", "east")))
    def restore(self, name: str) -> None:
        """An old backup comes back; after one exchange everything goes on."""
        backup = self.backups.get(name)
        site = self.world.sites[name]
        if backup is None or site not in self.holder.values():
            return
        site.restore(backup)
        self.revision[name] = site.license_in_force().revision
        self._exchange(site, "rebind" if name in self.changed_on else "renew")

    # what holds

    @invariant()
    def the_books_know_the_holder(self) -> None:
        for number, site in self.holder.items():
            held = self.world.vendor.record(number).installation
            assert held is not None
            assert held.site_key == site.public_key

    @invariant()
    def no_honest_site_is_stopped(self) -> None:
        for site in self.holder.values():
            if self.revision.get(site.name, 0) == 0:
                continue
            found = site.start()
            assert found.problem is None, (site.name, found.problem)
            assert found.state in {"active", "renewal_due", "in_grace"}

    @invariant()
    def no_revision_goes_back(self) -> None:
        for name, revision in self.revision.items():
            assert self.world.sites[name].start().revision >= revision

    def _install(self, site: Site, document: bytes) -> None:
        """Import; an older revision is refused, a clock behind is put right first."""
        before = self.revision.get(site.name, 0)
        site.skew = max(site.skew, 0)
        revision = read_license(open_envelope(document)).revision
        code = "installed"
        try:
            site.install(document)
        except Refusal as refusal:
            code = refusal.code
        assert code == ("installed" if revision >= before else "replay.older_revision")
        self.revision[site.name] = max(before, revision)
        if site.license_in_force().components["volume_id"] == site.volume_mark():
            self.changed_on.pop(site.name, None)

    def _exchange(self, site: Site, purpose: str) -> None:
        answer = self.world.vendor.decide(site.request(purpose))
        assert answer.document is not None
        self._install(site, answer.document)

    def _drifted_for(self, site: Site) -> int:
        return self.world.clock.now - self.changed_on.get(site.name, self.world.clock.now)


Lives.TestCase.settings = settings(
    max_examples=int(os.environ.get("LIVES", "25")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLives = Lives.TestCase
