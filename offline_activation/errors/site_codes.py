"""Codes of a site and its license: reason class, sentence, next step."""

from typing import Final

SITE: Final[dict[str, tuple[str, str, str]]] = {
    # BINDING: for somebody else
    "license.wrong_machine": (
        "BINDING",
        "The license belongs to another machine: {what}.",
        "Make a request on this machine and send it to the vendor.",
    ),
    "binding.other_product": (
        "BINDING",
        "The {kind} is for product {found}, not for {expected}.",
        "Choose the file made for this product.",
    ),
    "binding.other_request": (
        "BINDING",
        "The {kind} answers request {reference}, which this installation has not made or has cancelled.",
        "Import the response to one of the requests listed by 'activation-site pending'.",
    ),
    "binding.other_server": (
        "BINDING",
        "The {kind} is for another server: it answers request {reference}, which was not made here.",
        "Import it on the server that made that request; a receipt, on the server that gave the license back.",
    ),
    "binding.other_license": (
        "BINDING",
        "The license {found} is not the installed license {installed}.",
        "Check which response belongs to this server.",
    ),
    "replay.older_revision": (
        "REPLAY",
        "Revision {found} of the license is older than the installed revision {installed}.",
        "Nothing to do: the newer license stays in force.",
    ),
    "replay.same_revision": (
        "REPLAY",
        "Another license with the same revision {found} is already installed.",
        "Make a new request and import its response.",
    ),
    "clock.future": (
        "CLOCK",
        "The {kind} was made at {issued}, which is in the future of this clock ({now}).",
        "Correct the clock of this server and try again.",
    ),
    "clock.set_back": (
        "CLOCK",
        "The clock of this server shows {now}, but it has already been {seen}.",
        "Correct the clock of this server.",
    ),
    "clock.stepped": (
        "CLOCK",
        "The clock of this server was moved {days} {way} since the server was started.",
        "Check the clock; a paused or restored virtual machine shows this too. A restart or the next response ends it.",
    ),
    "clock.problem": (
        "CLOCK",
        "The clock of this server shows {now}, but it has already been {seen}; the days to correct it are over.",
        "Correct the clock of this server; if it is right, make a request and import the response.",
    ),
    # the states of a license
    "license.not_activated": (
        "STATE",
        "This installation has no license yet.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.demo": (
        "STATE",
        "This installation runs in demo mode until {until}.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.demo_note_lost": (
        "IO",
        "There is no license, and the note of when the demo began is lost.",
        "Make a request with 'activation-site request' and import the response, or restore the state directory.",
    ),
    "license.demo_ended": (
        "EXPIRED",
        "The demo ended on {until}.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.expired": (
        "EXPIRED",
        "The license ended on {until}.",
        "Ask the vendor for a renewal, make a request and import the response.",
    ),
    "license.in_grace": (
        "EXPIRED",
        "The license was due for renewal on {due}; it works until {until}.",
        "Make a request with 'activation-site request --purpose renew' and import the response.",
    ),
    "license.renewal_due": (
        "EXPIRED",
        "The license is due for renewal on {due}, in {left}.",
        "Make a request with 'activation-site request --purpose renew' and import the response.",
    ),
    "license.hardware_changed": (
        "BINDING",
        "{what}.",
        "Make a request with 'activation-site rebind' and import the response.",
    ),
    "license.restored": (
        "IO",
        "The license file is damaged or was put back; the kept copy is in force instead.",
        "Import the latest response again.",
    ),
    "license.over_limit": (
        "LIMIT",
        "{limit} in use: {used}, licensed: {licensed}.",
        "Reduce the use or buy more, make a request and import the response.",
    ),
    "license.near_limit": (
        "LIMIT",
        "{limit} in use: {used} of {licensed} licensed.",
        "Buy more before they are needed, make a request and import the response.",
    ),
    "license.option_missing": (
        "POLICY",
        "The option {option} is not licensed.",
        "Buy the option, make a request and import the response.",
    ),
    "license.revoked": (
        "STATE",
        "The vendor has revoked this license.",
        "Speak to the vendor.",
    ),
    "license.returned": (
        "STATE",
        "This license was returned to the vendor.",
        "Make a new request to activate again.",
    ),
    "license.superseded": (
        "STATE",
        "The license moved to another server on {moved}.",
        "Give the copy here back ('activation-site return' counts in your favor), or ask for a transfer back here.",
    ),
    "license.emergency": (
        "EXPIRED",
        "The emergency license is open until {until}.",
        "Make a request with 'activation-site rehost' (or 'rebind' on the same server) and import the response.",
    ),
    "license.emergency_over": (
        "EXPIRED",
        "The emergency license ended on {until}.",
        "Make a request with 'activation-site rehost' (or 'rebind' on the same server) and import the response.",
    ),
    "license.emergency_used": (
        "STATE",
        "The emergency license of this installation was already opened, on {opened}.",
        "Make a request with 'activation-site rehost' (or 'rebind' on the same server) and import the response.",
    ),
    "license.emergency_none": (
        "POLICY",
        "The license holds no emergency license.",
        "Make a request with 'activation-site rehost' (or 'rebind' on the same server) and import the response.",
    ),
    "license.emergency_not_needed": (
        "STATE",
        "The license works here; its emergency license stays sealed.",
        "Nothing to do: keep it for the day when this server fails.",
    ),
    "license.overuse": (
        "LIMIT",
        "{limit} in use: {used}, licensed: {licensed}; the license tolerates it.",
        "Buy more, make a request and import the response; above {most} it is refused.",
    ),
    "license.version_not_covered": (
        "POLICY",
        "Version {version} is not covered by the license ({what}).",
        "Run a version that is covered, or buy maintenance, make a request and import the response.",
    ),
    "license.maintenance_ends": (
        "EXPIRED",
        "Maintenance ends on {until}: versions released later are not covered.",
        "Ask the vendor for a renewal of the maintenance.",
    ),
    "license.nothing_previous": (
        "STATE",
        "No previous license is kept here.",
        "Nothing to do; see 'activation-site history' for what was installed.",
    ),
    "transfer.proof": (
        "BINDING",
        "The return of the old server cannot be used: {what}.",
        "Make it on the old server with 'activation-site return -o FILE', and name that file with --with.",
    ),
    "license.unreadable": (
        "IO",
        "The license file cannot be read ({what}).",
        "Check the disk and the rights of the state directory, or import the latest response again.",
    ),
    # site: state of the installation
    "site.damaged": (
        "IO",
        "The file {name} of the state directory cannot be used: {what}.",
        "Restore it from your backup of the state directory, or speak to the vendor.",
    ),
    "site.restored": (
        "IO",
        "The file {name} of the state directory is damaged; a good copy is used instead.",
        "Check the disk, run 'activation-site doctor' and import the latest response again.",
    ),
    "site.not_the_server": (
        "STATE",
        "This is a client installation; licenses are handled on the server only.",
        "Use the server: the license and its commands are there.",
    ),
    "site.not_initialised": (
        "STATE",
        "There is no installation in {path}.",
        "If its disk is missing, mount it. Else run 'activation-site init FILE.product', or name another --home.",
    ),
    "site.gone": (
        "IO",
        "There is no installation in {path}, but a license was read before.",
        "Mount the disk that holds {path}; do not run 'activation-site init': it would begin anew there.",
    ),
    "site.already_initialised": (
        "STATE",
        "There is already an installation in {path}.",
        "Use it, or name another directory with --home.",
    ),
    "site.other_product": (
        "STATE",
        "The installation in {path} is for product {found}, not for {expected}.",
        "Name the right directory with --home or ACTIVATION_SITE_HOME.",
    ),
    "site.no_such_request": (
        "STATE",
        "There is no open request {reference}.",
        "List the open requests with 'activation-site pending'.",
    ),
    "site.request_damaged": (
        "IO",
        "The request file {name} is damaged and does not count.",
        "Make a new request; remove the damaged file.",
    ),
    "site.locked": (
        "IO",
        "Another program is changing this installation.",
        "Wait until it has finished and try again.",
    ),
    "site.directory_not_empty": (
        "STATE",
        "The directory {path} holds something else ({found}) and was left as it is.",
        "Name a new or empty directory with --home.",
    ),
    "site.request_open": (
        "STATE",
        "Request {reference} ({purpose}) is still open; its response can still be imported.",
        "Close it with 'activation-site cancel {reference}' if nobody will answer it.",
    ),
    "site.unsafe_directory": (
        "STATE",
        "The state directory {path} is not safe: {what}.",
        "Give the directory to the service user with mode 0700 and no symbolic links.",
    ),
    "site.other_root": (
        "KEY",
        "The installation in {path} trusts another root key than this program was made for.",
        "Import the trust list that came with this program (activation-site import), or install with its product file.",
    ),
    "site.license_number_fixed": (
        "STATE",
        "This installation already uses the license number {installed}.",
        "Leave --license-number out; cancel an open request to correct it; another license needs another --home.",
    ),
    "site.unfinished": (
        "IO",
        "{done}, but {what}",
        "Free space or correct the rights of the state directory, then run the same command again to finish.",
    ),
    "identity.none": (
        "BINDING",
        "This machine shows no usable identity: {what}.",
        "Put the state directory on a local file system with a UUID, or give the machine a machine id.",
    ),
    "license_number.invalid": (
        "ENCODING",
        "The license number is mistyped: {what}.",
        "Type it again as it stands in the order mail; hyphens, blanks and case do not matter.",
    ),
    "contact.missing": (
        "POLICY",
        "The contact field {field} is missing.",
        "Give all required fields; 'activation-site request --help' lists them.",
    ),
    "contact.invalid": (
        "POLICY",
        "The contact field {field} is not valid ({what}).",
        "Correct the field and try again.",
    ),
}
