"""DOC, XLS and PPT → blocks, by way of LibreOffice, which writes them as OpenDocument for the readers of that."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from ingest import mediatype
from ingest.extractors import odp, ods, odt
from kb.errors import NeedsOffice, Unreadable
from kb.values import Extraction

_TARGETS: dict[str, tuple[str, Callable[[Path, str], Extraction]]] = {
    mediatype.DOC: ("odt", odt.extract),
    mediatype.XLS: ("ods", ods.extract),
    mediatype.PPT: ("odp", odp.extract),
}
_OPTIONS = ("--headless", "--invisible", "--norestore", "--nodefault", "--nologo", "--nolockcheck")
_RESTART = 81
"""What LibreOffice ends with when it has set up a new profile and wants to be started again."""
_STARTS = 3
_NETWORKLESS = ("/usr/bin/unshare", "--map-root-user", "--net")

# No macro runs, no linked picture, sheet or template is fetched, and what asks for the network is sent to a dead end.
_SETTINGS = {
    "Common/Security/Scripting": {
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
        "DisableActiveContent": "true",
        "BlockUntrustedRefererLinks": "true",
    },
    "Common/Save/Document": {"LoadPrinter": "false"},
    "Writer/Content/Update": {"Link": "0"},
    "Calc/Content/Update": {"Link": "1"},
    "Inet/Settings": {
        "ooInetProxyType": "2",
        "ooInetHTTPProxyName": "127.0.0.1",
        "ooInetHTTPProxyPort": "9",
        "ooInetHTTPSProxyName": "127.0.0.1",
        "ooInetHTTPSProxyPort": "9",
        "ooInetNoProxy": "",
    },
}


def extract(path: Path, name: str) -> Extraction:
    """Read a Word, Excel or PowerPoint file of before 2007.

    Raises:
        IngestError: `NeedsOffice` where there is no LibreOffice, `Unreadable`, or as the reader of the result.
    """
    media_type = mediatype.detect(path, name)
    suffix, read = _TARGETS[media_type]
    with tempfile.TemporaryDirectory(prefix="kb-office-") as folder:
        return replace(read(convert(path, Path(folder), suffix), name), media_type=media_type)


def program() -> Path | None:
    """LibreOffice, None where it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        return None
    # The script around it may wait for a process that outlives its group.
    real = Path(found).resolve()
    inner = real.with_name("soffice.bin")
    return inner if inner.exists() else real


def convert(path: Path, folder: Path, suffix: str) -> Path:
    """Write a file in another format into a folder, which also holds LibreOffice's profile for this one time.

    Raises:
        IngestError: `NeedsOffice` or `Unreadable`.
    """
    office = program()
    if office is None:
        raise NeedsOffice(
            "The file is in an old Office format, which needs LibreOffice to be read, and that is not installed here. "
            "Have it installed, or save the file as DOCX, XLSX, PPTX or PDF and submit that."
        )
    # A copy, because an office program leaves locks beside what it opens.
    source = folder / "source"
    shutil.copyfile(path, source)
    _write_profile(folder / "profile" / "user")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        *_shield(),
        str(office),
        *_OPTIONS,
        profile,
        "--convert-to",
        suffix,
        "--outdir",
        str(folder),
        str(source),
    ]
    _run(command, folder)
    converted = folder / f"source.{suffix}"
    if not converted.exists():
        raise Unreadable("LibreOffice cannot open the file. Open it in its own program and save it again.")
    return converted


def _run(command: list[str], folder: Path) -> None:
    """Start LibreOffice until it has done its work; it shares the limits and the end of this process."""
    environment = {"HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    for _ in range(_STARTS):
        ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False)
        if ended.returncode < 0:
            raise Unreadable(
                f"LibreOffice ended by signal {-ended.returncode} while reading the file. Save it as DOCX, XLSX, PPTX "
                "or PDF and submit that."
            )
        if ended.returncode != _RESTART:
            return


@cache
def _shield() -> tuple[str, ...]:
    """The command before a command that takes the network from it, empty where this machine does not allow that."""
    try:
        probe = subprocess.run([*_NETWORKLESS, "/bin/true"], capture_output=True, check=False)
    except OSError:
        return ()
    return _NETWORKLESS if probe.returncode == 0 else ()


def _write_profile(user: Path) -> None:
    user.mkdir(parents=True)
    items = "".join(
        f'<item oor:path="/org.openoffice.{"" if part.startswith("Inet") else "Office."}{part}">'
        f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for part, values in _SETTINGS.items()
        for name, value in values.items()
    )
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema">' + items + "</oor:items>",
        encoding="utf-8",
    )
