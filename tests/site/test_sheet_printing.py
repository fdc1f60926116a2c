"""The printable sheet, printed by a real browser: one page, and its code can be read from the paper."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from offline_activation.cli.sheet import sheet
from offline_activation.formats.product import receive_product
from offline_activation.formats.readable import compose
from offline_activation.transports.recognize import Input, recognize

Site = Any

LONG_CONTACT = (
    *("--first-name", "Maria Magdalena", "--middle-name", "Elena", "--last-name", "Hernandez-Ortega"),
    *("--company", "Northwind Manufacturing and Logistics GmbH", "--address1", "1250 Industrial Parkway"),
    *("--address2", "Building 4, Suite 210", "--city", "Sacramento", "--state", "California"),
    *("--zip", "95814-2203", "--phone", "+1 916 555 0142", "--fax", "+1 916 555 0143"),
    *("--email", "maria.hernandez@northwind.example"),
)


def need(program: str, package: str) -> str:
    found = shutil.which(program)
    assert found, f"this test prints with a real browser: apt-get install {package}"
    return found


def printed(html: str, size: str, folder: Path) -> tuple[int, bytes]:
    """Return the number of pages and a picture of the first one at 150 dpi."""
    page, pdf = folder / "sheet.html", folder / "sheet.pdf"
    assert "size: auto" in html
    page.write_text(html.replace("size: auto", f"size: {size}"))
    browser = [need("chromium", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    where = [f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    subprocess.run([*browser, *quiet, *where, page.as_uri()], check=True, capture_output=True, timeout=60)
    info = subprocess.run([need("pdfinfo", "poppler-utils"), pdf], check=True, capture_output=True, text=True).stdout
    pages = next(int(line.split()[1]) for line in info.splitlines() if line.startswith("Pages:"))
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", pdf, folder / "page"], check=True)
    return pages, (folder / "page.png").read_bytes()


@pytest.mark.parametrize("size", ["A4", "letter"])
def test_a_full_request_and_a_full_license_are_one_page_each_and_can_be_read_from_it(
    site: Site, tmp_path: Path, size: str
) -> None:
    usage = ["--use", "employees=118", "--use", "badge_readers=4", "--use", "biometric_readers=2"]
    _, request = site.request(*LONG_CONTACT, *usage)
    document = site.vendor.answer(
        request,
        site.home,
        until=site.vendor.now + 10**8,
        maintenance_until=site.vendor.now + 10**8,
        options=("accruals_plus", "telephone_punch"),
    )
    assert len(request) > 500
    product = receive_product(site.vendor.product())
    for number, (each, known) in enumerate(((request, product), (request, None), (document, product))):
        folder = tmp_path / f"print{number}"
        folder.mkdir()
        pages, picture = printed(sheet(each, product=known), size, folder)
        assert pages == 1
        assert recognize([Input(name="paper", data=picture)]).document == each


def test_the_sheet_holds_the_reference_the_fields_and_the_block_and_loads_nothing(site: Site) -> None:
    reference, request = site.request("--company", "<script>alert(1)</script>", "--city", "O'Fallon & Sons")
    page = sheet(request)
    assert page.count(reference) >= 2
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert "src=" not in page
    block = [line for line in compose(request).splitlines() if line[:2].isdigit()]
    assert block
    assert all(line in page for line in block)
    assert recognize([Input(name="saved page", data=page.encode())]).document == request


def test_a_larger_document_has_numbered_codes_on_the_following_pages(site: Site, tmp_path: Path) -> None:
    _, request = site.request()
    many = {f"limit_{number}": number for number in range(16)}
    document = site.vendor.answer(request, site.home, limits=many, company="C" * 80)
    page = sheet(document)
    assert "1 of 2" in page
    pages, _ = printed(page, "A4", tmp_path)
    assert pages == 3


def test_a_request_names_product_and_vendor_and_where_to_send_it(site: Site, tmp_path: Path) -> None:
    site.json("request", "--license-number", site.vendor.shown_number, *LONG_CONTACT, "--sheet", "s.html")
    page = (site.work / "s.html").read_text()
    cells = re.sub(r"</?span[^>]*>|<wbr>", "", page)
    for row in ("Product</th><td>InfiniTime<", "Vendor</th><td>Inception Technologies<", "Send to</th><td>support@"):
        assert row in cells
    assert ">infinitime<" not in cells
    printed(page, "A4", tmp_path)
    words = subprocess.run(
        [need("pdftotext", "poppler-utils"), "-raw", tmp_path / "sheet.pdf", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    address = "maria.hernandez@northwind.example"
    begin = next(at for at, word in enumerate(words) if word.startswith("maria."))
    shown = [words[begin]]
    while "".join(shown) != address:
        assert shown[-1][-1] in "@.", shown
        shown.append(words[begin + len(shown)])
