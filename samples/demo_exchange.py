"""Act one of the demo: the exchange, from the vendor's keys to an additional purchase."""

from demo_stage import Stage, number_in


def vendor_prepares(stage: Stage) -> str:
    """Create the vendor, its product and an order; return the license number."""
    stage.act("1. The vendor creates its keys, loads the product and enters an order")
    stage.run('activation-vendor init --name "Inception Technologies"')
    stage.run("activation-vendor product load samples/infinitime.toml")
    stage.run("activation-vendor product export infinitime -o infinitime.product")
    added = stage.run(
        'activation-vendor order add --product infinitime --company "Northwind Manufacturing" '
        "--email maria@northwind.example --set employees=6 --po PO-7781"
    )
    stage.run("activation-vendor order process --all")
    return number_in(added)


def site_requests(stage: Stage, number: str) -> None:
    """Start the server in demo mode and write the request as file, QR picture and sheet."""
    stage.act("2. The air-gapped server starts in demo mode and writes a signed request")
    stage.run("activation-site init infinitime.product")
    stage.run("python samples/timeclock.py")
    stage.run("activation-site tech-info")
    stage.run(
        f"activation-site request --license-number {number.lower()} --contact samples/contact.toml "
        "-o request.areq --qr request.png --sheet request.html"
    )
    stage.run("activation-site pending")


def vendor_signs(stage: Stage) -> None:
    """Review the request from the picture, sign it from the picture and from the file: the same license."""
    stage.act("3. The vendor reads the photo of the QR code, reviews and signs")
    stage.run("activation-vendor inspect request.png")
    stage.run("activation-vendor review request.png")
    stage.run("activation-vendor sign request.png -o license.alic --qr license.png")
    stage.run("activation-vendor sign request.areq -o again.alic")
    stage.run("cmp license.alic again.alic")


def damage_is_named(stage: Stage) -> None:
    """Damage one character of the license text, and try the license on another machine."""
    stage.act("4. Damage on the way is named, and another server is refused")
    text = (stage.place / "license.alic").read_text()
    line = next(line for line in text.splitlines() if line.startswith("07 "))
    wrong = line[:3] + ("A" if line[3] != "A" else "B") + line[4:]
    stage.write("damaged.txt", text.replace(line, wrong))
    stage.run("activation-site import damaged.txt", expect=1)
    stage.run("activation-site init infinitime.product", ACTIVATION_SITE_HOME="other-server")
    stage.run("activation-site import license.alic", expect=1, ACTIVATION_SITE_HOME="other-server")


def site_imports(stage: Stage) -> None:
    """Look at the difference, import the license from the QR picture, start the application."""
    stage.act("5. The server imports the license (here: from the QR picture) and is licensed")
    stage.run("activation-site import license.png --dry-run")
    stage.run("activation-site import license.png")
    stage.run("activation-site import license.alic")
    stage.run("activation-site license")
    stage.run("python samples/timeclock.py")


def additional_purchase(stage: Stage, number: str) -> None:
    """Buy more employees, readers and Accruals Plus; the same steps bring them in."""
    stage.act("6. An additional purchase goes the same way")
    stage.run(
        f"activation-vendor order add --product infinitime --license-number {number} "
        '--company "Northwind Manufacturing" --email maria@northwind.example '
        "--add employees=94 --set badge_readers=4 --option accruals_plus --po PO-7902"
    )
    stage.run("activation-vendor order process --all")
    stage.run("activation-site request -o update.areq")
    stage.run("activation-vendor sign update.areq -o update.alic")
    stage.run("activation-site import update.alic")
    stage.run("activation-site license")
    stage.run("activation-site check --option accruals_plus --use employees=100")
    stage.run("python samples/timeclock.py")


def play(stage: Stage) -> None:
    """Play act one: afterwards the vendor exists, and the first server is licensed."""
    number = vendor_prepares(stage)
    site_requests(stage, number)
    vendor_signs(stage)
    damage_is_named(stage)
    site_imports(stage)
    additional_purchase(stage, number)
