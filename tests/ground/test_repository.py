"""What is committed: no address of a registry, nothing of others copied in, and papers that hold what they promise."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from piket.alerts.channels.events import event_type
from piket.alerts.wording import KINDS
from tests.house import ROOT, imports, modules

LOCKS = ("requirements.txt", "requirements-dev.txt")
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "README.md"])
PROMISE = (
    "once a count is answered with 2xx, every contact point that must be told is told at least once, however often a process is "
    "killed, a receiver is down or a machine is lost; what cannot be delivered is visible and is told to a person. A repeat "
    "carries the same id."
)
# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = ("pypi" + ".org", "files.python" + "hosted", "test.py" + "pi", "index" + "-url", "npm" + "js")
CONTENT_NETWORKS = (
    "cdn" + "js.",
    "jsdeli" + "vr",
    "unp" + "kg.com",
    "googleap" + "is",
    "fonts.gst" + "atic",
    "bootstrap" + "cdn",
)


def tracked() -> list[Path]:
    """The committed files; without git (an unpacked archive) all of the project's own folders."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        names = [name for name in done.stdout.split("\0") if name]
    else:
        names = [
            str(path.relative_to(ROOT))
            for top in ("piket", "tests", "docs", "config")
            for path in ROOT.glob(f"{top}/**/*")
        ]
    return [ROOT / name for name in names if (ROOT / name).is_file() and "__pycache__" not in name]


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_committed_file_names_a_registry_or_a_content_network() -> None:
    found = [f"{name}: {word}" for name, text in texts() for word in (*REGISTRIES, *CONTENT_NETWORKS) if word in text]
    assert found == []


def test_pages_load_nothing_from_elsewhere() -> None:
    loads = re.compile(
        r"""<(?:script|img|link|iframe)[^>]*(?:src|href)=["'](?:https?:)?//|@import\s+["'u]|url\(["']?(?:https?:)?//"""
    )
    found = [name for name, text in texts() if name.startswith("piket/") and loads.search(text)]
    assert found == []


def test_no_script_or_style_of_others_is_copied_in() -> None:
    """Ours are short and say nothing of a licence of their own."""
    own = [(name, text) for name, text in texts() if name.endswith((".js", ".css"))]
    assert [
        name for name, text in own if re.search(r"@licen[sc]e|copyright|sourceMappingURL", text, re.IGNORECASE)
    ] == []
    assert [name for name, text in own if max(map(len, text.splitlines()), default=0) > 500] == []


def test_nothing_of_a_run_is_committed() -> None:
    unwanted = (".db", ".secret", ".pyc", ".log", ".whl", ".gz")
    assert [path.name for path in tracked() if path.suffix in unwanted] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    packages = [block for block in re.split(r"\n(?=[A-Za-z0-9])", text) if re.match(r"[A-Za-z0-9]", block)]
    assert len(packages) > 30
    assert [
        block.split()[0] for block in packages if "--hash=sha256:" not in block or "==" not in block.split()[0]
    ] == []


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE))


def test_the_locks_agree_and_hold_the_build_backend() -> None:
    small, large = (locked(name) for name in LOCKS)
    assert {name: large.get(name) for name in small} == small
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (backend,) = project["build-system"]["requires"]
    name, version = backend.split("==")
    assert small[name.replace("_", "-")] == version


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [re.split(r"[\[~=<>]", one)[0].lower() for one in project["project"]["dependencies"]]
    assert [name for name in wanted if name not in locked("requirements.txt")] == []
    tools = [re.split(r"[\[~=<>]", one)[0].lower() for one in project["dependency-groups"]["dev"]]
    assert [name for name in tools if name not in locked("requirements-dev.txt")] == []


def test_every_library_that_is_imported_is_declared() -> None:
    """What comes along with something else today may be gone tomorrow."""
    known = {module.name for module in modules()}
    names = {name.split(".")[0] for module in modules() for _, name in imports(module, known)}
    where = packages_distributions()
    used = {canonical(one) for name in names - sys.stdlib_module_names - {"piket"} for one in where[name]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonical(re.split(r"[\[~=<>]", one)[0]) for one in project["dependencies"]}
    assert used - declared == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def commands(text: str) -> list[str]:
    """The lines of the fenced blocks."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def test_the_readme_has_two_lines_that_make_an_environment() -> None:
    lines = [line for line in commands((ROOT / "README.md").read_text(encoding="utf-8")) if "-m venv" in line]
    assert len(lines) == 2
    demo, test = lines
    assert "-r requirements.txt" in demo
    assert demo.endswith(".venv/bin/piket demo")
    assert "-r requirements-dev.txt" in test
    assert ".venv/bin/pytest" in test
    assert all("--require-hashes" in line and "--no-deps --no-build-isolation -e ." in line for line in lines)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_what_a_paper_links_to_is_there(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (paper.parent / name).resolve() if name else paper
        if not file.exists() or (anchor and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


def anchors(paper: Path) -> set[str]:
    """The names of its headings, as the usual readers of Markdown make them."""
    headings = re.findall(r"^#+ +(.+)$", paper.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_promises_and_every_test_that_is_named_for_it_exists() -> None:
    assert PROMISE in (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z]+/\w+\.py)(?:::(\w+))?`", (ROOT / "tests" / "README.md").read_text(encoding="utf-8"))
    assert len(named) > 50
    for file, test in named:
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"(?m)^def {test}\(", source) if test else source, f"{file}::{test}"


def test_no_test_is_skipped() -> None:
    found = [path.name for path in (ROOT / "tests").rglob("test_*.py") if re.search(r"\bskip(if)?\(", path.read_text())]
    assert found == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in text
    assert [int(number) for number in re.findall(r"^(\d+)\. [A-Z]", text, re.MULTILINE)] == list(range(1, 16))
    assert "Appendix\n\n'Compatible Licences' according to Article 5 EUPL are:" in text
    assert text.endswith(
        "All other changes or additions to this Appendix require the production of a new\nEUPL version.\n"
    )


def test_publiccode_says_what_the_standard_asks() -> None:
    paper = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert paper["publiccodeYmlVersion"] == "0.4"
    assert (paper["name"], paper["softwareVersion"]) == (project["name"], project["version"])
    assert (paper["softwareType"], paper["platforms"]) == ("standalone/web", ["web"])
    assert paper["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert paper["legal"]["license"] == project["license"]["text"] == "EUPL-1.2"
    assert paper["maintenance"]["contacts"]
    assert set(paper["localisation"]["availableLanguages"]) == set(paper["description"]) == {"nl", "en"}
    for description in paper["description"].values():
        assert 0 < len(description["shortDescription"]) <= 150
        assert 150 <= len(description["longDescription"]) <= 10_000
        assert description["features"]


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\n### {version}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lists_of_the_country_are_whole() -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (ROOT / "config" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    provinces, regions, municipalities = (rows(f"{n}.csv") for n in ("provinces", "safety_regions", "municipalities"))
    assert (len(provinces), len(regions), len(municipalities)) == (12, 25, 342)
    assert {row["province"] for row in municipalities} == {row["code"] for row in provinces}
    assert {row["safety_region"] for row in municipalities} == {row["code"] for row in regions}
    assert len({row["code"] for row in municipalities}) == 342


def test_the_paper_for_receivers_names_every_kind_that_is_sent() -> None:
    text = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    kinds = [event_type(kind).split(".")[2] for kind in KINDS]
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []
