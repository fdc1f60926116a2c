"""A world: one vendor, any number of sites on machines of their own, and one clock that a test moves.

Both halves are the real ones (store, keys, state directories, ladder); only the machines and the time are made up.
Nothing here is a mock: a machine is one more reader beside those of Linux, Windows and macOS.
"""

import datetime as dt
import hashlib
import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

# ruff: noqa: ANN401 - orders and wishes are varied by field name, whatever the field holds
from offline_activation import License
from offline_activation.formats.contact import Contact
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import KeyId, PublicKey, SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import LicenseNumber, ProductId
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.identity import components, volume
from offline_activation.identity.reading import Sighting
from offline_activation.site import emergency, importing, requesting, returning
from offline_activation.site.importing import Imported
from offline_activation.site.installation import initialise, open_site, read_installation
from offline_activation.site.requesting import Wish
from offline_activation.vendor import stopping
from offline_activation.vendor.founding import FirstKey, found_vendor
from offline_activation.vendor.issuing import Answer, Desk, answer, approve, refuse
from offline_activation.vendor.ordering import enter_order, process_order
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.products import read_definition
from offline_activation.vendor.publishing import publish_product
from offline_activation.vendor.records import KeyRecord, LicenseRecord, Product
from offline_activation.vendor.root_rotation import rotate_root
from offline_activation.vendor.rotation import revoke_key, rotate
from offline_activation.vendor.store.opening import open_sqlite
from offline_activation.verify.installed import forecast_license, load_license

DAY = 86_400
PRODUCT = ProductId("infinitime")
SAMPLE = Path(__file__).parents[2] / "samples" / "infinitime.toml"
BEGIN = "2026-11-24"
CONTACT = Contact(
    first_name="Maria",
    last_name="Hernandez",
    company="Northwind",
    address1="1250 Industrial Parkway",
    city="Sacramento",
    state="California",
    zip="95814",
    phone="+1 916 555 0142",
    email="maria@northwind.example",
)


def instant(date: str) -> int:
    """Return noon UTC of a day, or an ISO 8601 instant, in seconds since 1970."""
    text = date if "T" in date else f"{date}T12:00:00"
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


@dataclass(slots=True)
class Clock:
    """The time that everybody believes who has no clock of his own."""

    now: int

    def read(self) -> int:
        return self.now

    def to(self, date: str) -> None:
        """Go to noon of a day, or to an instant."""
        self.now = instant(date)

    def forward(self, *, days: float = 0, seconds: int = 0) -> None:
        self.now += round(days * DAY) + seconds


@dataclass(slots=True)
class Machine:
    """A machine as a platform's reader would see it; ``None`` is what it does not show."""

    volume: str | None
    machine: str | None
    firmware: str | None
    card: str | None

    @classmethod
    def numbered(cls, number: int) -> Self:
        """Return a machine that no other number has."""

        def digits(what: str, size: int) -> str:
            return hashlib.sha256(f"{what} {number}".encode()).hexdigest()[:size]

        raw = digits("volume", 32)
        uuid = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
        return cls(volume=uuid, machine=digits("machine", 32), firmware=digits("firmware", 32), card=digits("card", 12))

    def volumes(self, _path: str) -> Iterator[Sighting]:
        yield Sighting(source="world", value=self.volume, why="" if self.volume else "no disk")

    def machine_id(self) -> Sighting:
        return Sighting(source="world", value=self.machine, why="" if self.machine else "none")

    def firmware_uuid(self) -> Sighting:
        return Sighting(source="world", value=self.firmware, why="" if self.firmware else "none")

    def network(self) -> Sighting:
        return Sighting(source="world", value=self.card, why="" if self.card else "none")


class Vendor:
    """The vendor's half: real books, real desk, keys in memory."""

    def __init__(self, world: "World", definition: str) -> None:
        self.world = world
        self.store = open_sqlite(str(world.place / "vendor.db"))
        root, issuing = (SoftwareSigner(hashlib.sha256(what).digest()) for what in (b"root", b"issuing"))
        self.signers = {root.public_key: root, issuing.public_key: issuing}
        with self.store.begin() as work:
            found_vendor(
                work,
                name="Inception Technologies",
                root=FirstKey(signer=root, location="root"),
                issuing=FirstKey(signer=issuing, location="issuing"),
                now=world.clock.now,
                actor="ops",
            )
            read_definition(definition, path="sample")
            work.save_product(Product(product_id=PRODUCT, definition=definition, loaded=world.clock.now))
        self.desk = Desk(
            store=self.store, signers=self.signer, clock=world.clock.read, randomness=world.random, actor="ops"
        )

    def signer(self, record: KeyRecord) -> SoftwareSigner:
        return self.signers[PublicKey(record.public_key)]

    def product_file(self) -> bytes:
        return publish_product(self.store, PRODUCT, signers=self.signer, now=self.world.clock.now, actor="ops")

    def sell(
        self, *, company: str = "Northwind", email: str = "maria@northwind.example", **bought: Any
    ) -> LicenseNumber:
        """Enter and process an order for a new license, or for ``license_number``; return the license number."""
        now = self.world.clock.now
        totals = tuple(f"{name}={count}" for name, count in bought.pop("limits", {}).items())
        more = tuple(f"{name}={count}" for name, count in bought.pop("more", {}).items())
        purchase = Purchase(product=PRODUCT, company=company, email=email, totals=totals, increases=more, **bought)
        with self.store.begin() as work:
            order = enter_order(work, purchase, now=now, actor="sales", randomness=self.world.random)
            process_order(work, order.order_id, now=now, actor="sales")
        return order.license_number

    def answer(self, document: bytes) -> Answer:
        """Answer a request by the rules."""
        return answer(self.desk, receive_request(document))

    def approve(self, document: bytes, *, user: str = "lena") -> Answer:
        """Let a person approve a waiting request, and sign it."""
        received = receive_request(document)
        with self.store.begin() as work:
            approve(work, received, user=user, now=self.world.clock.now)
        return answer(self.desk, received)

    def decide(self, document: bytes) -> Answer:
        """Answer a request; a person approves whatever waits for one."""
        first = self.answer(document)
        if first.outcome != "waiting":
            return first
        return first if first.blocking is not None else self.approve(document)

    def refuse(self, document: bytes, reason: str) -> Answer:
        return refuse(self.desk, receive_request(document), reason=reason)

    def record(self, number: LicenseNumber) -> LicenseRecord:
        with self.store.read() as work:
            found = work.find_license(number)
        assert found is not None
        return found

    def former(self, number: LicenseNumber) -> list[tuple[str, bool]]:
        """Return how each former server of a license left it, and whether it was seen since."""
        with self.store.read() as work:
            return [(each.how, each.last_seen is not None) for each in work.former_sites(number)]

    def rotate(self, *, root: bool = False) -> None:
        """Let a new issuing key sign from now on, or a new root key."""
        made = SoftwareSigner(self.world.random(32))
        self.signers[made.public_key] = made
        new, now = FirstKey(signer=made, location=f"key-{len(self.signers)}"), self.world.clock.now
        with self.store.begin() as work:
            vendor = work.find_vendor()
            assert vendor is not None
            old = self.signers[vendor.root]
            if root:
                rotate_root(work, old=old, new=new, now=now, actor="ops")
            else:
                rotate(work, root=old, new=new, now=now, actor="ops")

    def revoke_key(self, key: KeyId) -> None:
        """Revoke an issuing key that leaked; a new one signs from now on."""
        made = SoftwareSigner(self.world.random(32))
        self.signers[made.public_key] = made
        with self.store.begin() as work:
            vendor = work.find_vendor()
            assert vendor is not None
            new = FirstKey(signer=made, location=f"key-{len(self.signers)}")
            root = self.signers[vendor.root]
            revoke_key(work, key, root=root, new=new, now=self.world.clock.now, actor="ops")

    def trust_list(self) -> bytes:
        with self.store.read() as work:
            found = work.find_trust_list()
        assert found is not None
        return found

    def stop(self, how: str, number: LicenseNumber, reason: str = "not paid") -> None:
        """Suspend, reinstate or revoke a license."""
        with self.store.begin() as work:
            getattr(stopping, how)(work, number, reason=reason, now=self.world.clock.now, actor="ops")


class Site:
    """The customer's half on one machine: a real state directory."""

    def __init__(self, world: "World", name: str, machine: Machine) -> None:
        self.world, self.name, self.machine = world, name, machine
        self.home = world.place / name
        self.skew = 0
        """Seconds by which the clock of this machine is ahead."""
        self.zone = ""

    @property
    def now(self) -> int:
        return max(self.world.clock.now + self.skew, 0)

    def initialise(self, product_file: bytes | None = None) -> Self:
        file = self.world.vendor.product_file() if product_file is None else product_file
        with self.at_work():
            initialise(str(self.home), file, client=False, now=self.now, random=self.world.random)
        return self

    def request(self, purpose: str | None = None, number: LicenseNumber | None = None, **more: Any) -> bytes:
        """Make a request and return its bytes."""
        wish = Wish(
            purpose=Purpose[purpose.upper()] if purpose else None,
            license_number=number,
            contact=CONTACT,
            usage=more.pop("usage", {}),
            zone=self.zone,
            **more,
        )
        with self.at_work():
            directory = open_site(str(self.home))
            made = requesting.make_request(directory, wish, now=self.now, random=self.world.random)
            requesting.conclude(directory, made, now=self.now)
        return made.document

    def install(self, document: bytes | None) -> Imported:
        """Import a response."""
        assert document is not None, "there is no response to import"
        with self.at_work():
            return importing.import_response(open_site(str(self.home)), document, now=self.now)

    def exchange(self, purpose: str | None = None, number: LicenseNumber | None = None, **more: Any) -> Imported:
        """Request, let the vendor decide, import."""
        return self.install(self.world.vendor.decide(self.request(purpose, number, **more)).document)

    def give_back(self) -> bytes:
        """Give the license back and return the signed return; again it is the same one."""
        wish = Wish(purpose=Purpose.RETURN, contact=CONTACT, usage={}, zone=self.zone)
        with self.at_work():
            directory = open_site(str(self.home))
            done = returning.give_back(
                directory, wish, now=self.now, random=self.world.random, ready=lambda _made: None
            )
        return done.made.document

    def open_emergency(self, document: bytes | None = None) -> None:
        """Open the emergency license of the installed license, or of a response file."""
        with self.at_work():
            emergency.open_emergency(open_site(str(self.home)), document, now=self.now)

    def start(self) -> License:
        """Start the product: load the license as an application does, being a witness of this clock."""
        with self.at_work():
            return load_license(PRODUCT, home=self.home, now=self.now, witness=True)

    def forecast(self, date: str, *, without: Sequence[str] = ()) -> License:
        with self.at_work():
            return forecast_license(
                PRODUCT, home=str(self.home), now=instant(date), today=self.now, without=tuple(without)
            )

    @property
    def state(self) -> str:
        return self.start().state

    def codes(self) -> set[str]:
        """Return the codes of problem and warnings at a start."""
        found = self.start()
        return {each.code for each in (found.problem, *found.warnings) if each is not None}

    def license(self) -> LicenseDocument:
        return read_license(open_envelope((self.home / "license.cose").read_bytes()))

    def license_in_force(self) -> LicenseDocument:
        """Return the license that counts, the kept copy when the first is damaged."""
        with self.at_work():
            found = read_installation(open_site(str(self.home))).license
        assert found is not None
        return found.content

    def volume_mark(self) -> bytes:
        """Return the volume id of this machine as a license knows it."""
        with self.at_work():
            site = read_installation(open_site(str(self.home)))
        return site.facts.components["volume_id"]

    @property
    def public_key(self) -> PublicKey:
        with self.at_work():
            return read_installation(open_site(str(self.home))).facts.site_key

    def backup(self) -> Path:
        """Copy the state directory and return where it lies."""
        copy = self.world.place / f"backup-{next(self.world.numbers)}"
        shutil.copytree(self.home, copy)
        return copy

    def restore(self, backup: Path) -> None:
        """Put a copy of the state directory back."""
        shutil.rmtree(self.home)
        shutil.copytree(backup, self.home)

    def clone(self, name: str, machine: Machine | None = None) -> "Site":
        """Return a second site with a copy of this one's directory, on the same machine or on another."""
        twin = Site(self.world, name, machine or self.machine)
        shutil.copytree(self.home, twin.home)
        twin.skew, twin.zone = self.skew, self.zone
        self.world.sites[name] = twin
        return twin

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be on this machine within the block."""
        before = self.world.present
        self.world.present = self.machine
        try:
            yield
        finally:
            self.world.present = before


class World:
    """Vendor, sites and clock of one test."""

    def __init__(self, place: Path, *, begin: str = BEGIN, definition: str | None = None) -> None:
        self.place = place
        self.clock = Clock(instant(begin))
        self.begun = self.clock.now
        self.numbers = itertools.count(1)
        self.present: Machine | None = None
        self.sites: dict[str, Site] = {}
        self.vendor = Vendor(self, definition or SAMPLE.read_text(encoding="utf-8"))
        self._readers = (components.this_machine, volume.this_machine)
        components.this_machine = volume.this_machine = lambda _root="/": self._machine()

    def _machine(self) -> Machine:
        assert self.present is not None, "no site is at work"
        return self.present

    def random(self, size: int) -> bytes:
        """Return bytes that never repeat and are the same in every run."""
        return hashlib.shake_256(f"world {next(self.numbers)}".encode()).digest(size)

    def site(self, name: str = "server", machine: Machine | None = None) -> Site:
        """Return a new installation on a machine of its own."""
        made = Site(self, name, machine or Machine.numbered(next(self.numbers)))
        self.sites[name] = made
        return made.initialise()

    def activated(self, name: str = "server", **bought: Any) -> Site:
        """Return a new installation with a license: bought, requested, signed and imported."""
        number = self.vendor.sell(**(bought or {"limits": {"employees": 120}}))
        made = self.site(name)
        made.exchange(number=number)
        return made

    def close(self) -> None:
        components.this_machine, volume.this_machine = self._readers
        self.vendor.store.close()
