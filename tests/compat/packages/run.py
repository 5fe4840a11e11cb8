"""Drives popular packages that use requests against a server on this machine, on the real requests and on ours.

    python tests/compat/packages/run.py             all of them (part of make compat)
    python tests/compat/packages/run.py -v          shows what came of every step

The packages are installed once, as wheels, into `build/packages/` (ignored by git). `scenarios.py` is run there twice;
what came of every step, the classes of errors and what the server received have to be the same. Where they are not,
`DIFFERENCES` says why; a difference that is listed and is none any more is reported, and ends the run with exit code 1
as one that is not listed does.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build" / "packages"
AT_LEAST = 20

PACKAGES = [
    "requests==2.34.2", "urllib3>=2.3,<3", "CacheControl==0.14.4", "cloudscraper==1.2.71", "docker==7.2.0",
    "google-auth==2.62.2", "google-cloud-storage==3.17.1", "hvac==2.4.0", "influxdb==5.3.2", "jira==3.10.5",
    "msal==1.39.0", "pooch==1.9.0", "PyGithub==2.10.0", "pysolr==3.8.1", "pyTelegramBotAPI==4.37.1",
    "python-consul2==0.1.5", "python-gitlab==8.6.0", "requests-cache==1.3.3", "requests-oauthlib==2.0.0",
    "requests-toolbelt==1.0.0", "requests-unixsocket==0.4.1", "spotipy==2.26.0", "stripe==16.1.0",
    "yt-dlp==2026.10.26", "zeep==4.3.3",
    # What we need ourselves.
    "h11", "certifi", "idna",
]  # fmt: skip

# (package, step, or "received") -> why it differs. What is a choice is on docs/differences.md.
DIFFERENCES = {
    ("requests_toolbelt", "received"): "a GET whose reused connection died without a response is sent once more",
    ("cachecontrol", "received"): "a GET whose reused connection died without a response is sent once more",
    ("yt_dlp", "refused"): "an error is always a RequestException; with Retry(False) requests lets urllib3's through",
}


def python() -> Path:
    """Make the environment if it is missing or out of date; return its Python."""
    home = BUILD / "venv"
    found = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made = home / ".made"
    stamp = hashlib.sha256(json.dumps([PACKAGES, sys.version]).encode()).hexdigest()
    if made.exists() and made.read_text() == stamp:
        return found
    print("making the environment of the packages (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    install = [found, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    subprocess.run([*install, *PACKAGES], check=True)
    made.write_text(stamp)
    return found


def told(which: str) -> dict[str, Any]:
    """Run the scenarios on one of the two; return what came of them."""
    home = BUILD / "home"
    home.mkdir(exist_ok=True)
    file = BUILD / f"{which}.json"
    file.unlink(missing_ok=True)
    # Nothing else of this machine's settings (proxies, bundles, tokens) reaches the packages.
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG") if name in os.environ}
    variables = {**kept, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    command = [python(), HERE / "scenarios.py", which, file]
    subprocess.run(command, env=variables, cwd=home, check=True, timeout=300, stderr=subprocess.DEVNULL)
    return json.loads(file.read_text())  # type: ignore[no-any-return]


def compare(theirs: dict[str, Any], ours: dict[str, Any], listed: dict[tuple[str, str], str]) -> list[str]:
    """Return what is wrong: differences that are not listed, listed ones that are none, scenarios that broke off."""
    wrong, seen = [], set()
    for package, there in theirs.items():
        here = ours[package]
        steps = [(name, there["results"].get(name), here["results"].get(name)) for name in there["results"]]
        for name, theirs_gave, ours_gave in [*steps, ("received", there["received"], here["received"])]:
            if name == "the scenario itself" and (theirs_gave is not None or ours_gave is not None):
                wrong.append(f"{package}: the scenario broke off: {theirs_gave!r}, ours {ours_gave!r}")
            elif theirs_gave != ours_gave:
                seen.add((package, name))
                if (package, name) not in listed:
                    wrong.append(f"{package}, {name}:\n    requests {theirs_gave!r}\n    ours     {ours_gave!r}")
    wrong += [f"{package}, {name}: listed as a difference, but is none" for package, name in set(listed) - seen]
    if len(theirs) < AT_LEAST:
        wrong.append(f"only {len(theirs)} packages were driven, at least {AT_LEAST} have to be")
    return wrong


def main() -> int:
    BUILD.mkdir(parents=True, exist_ok=True)
    python()
    started = time.monotonic()
    theirs, ours = told("real"), told("ours")
    if "-v" in sys.argv[1:]:
        print(json.dumps({package: each["results"] for package, each in ours.items()}, indent=1))
    wrong = compare(theirs, ours, DIFFERENCES)
    for each in wrong:
        print(each)
    for (package, name), reason in DIFFERENCES.items():
        print(f"differs, as listed: {package}, {name}: {reason}")
    steps = sum(len(each["results"]) for each in theirs.values())
    sent = sum(len(each["received"]) for each in theirs.values())
    seconds = time.monotonic() - started
    print(f"{len(theirs)} packages, {steps} steps, {sent} requests, {len(wrong)} wrong, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
