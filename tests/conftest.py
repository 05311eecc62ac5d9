"""A small data folder that tests build in a temporary place, and break one thing at a time."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from rightsdata import build, dataset, reading, records
from rightsdata.errors import Problem

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]

os.environ["RIGHTSDATA_CACHE"] = str(ROOT / "no such cache")  # a developer's own settings and fetched releases stay out
os.environ["RIGHTSDATA_CONFIG"] = os.devnull

EVENT: dict[str, Any] = {
    "event_id": "ru-2025-08-calls",
    "country": "RU",
    "title": "Calls restricted in two messengers",
    "summary": "The regulator confirmed that it was limiting calls in two messengers.",
    "restriction_type": "feature_block",
    "initiator": "state",
    "attribution": "admitted",
    "population": "public",
    "pattern": "continuous",
    "start": "[2025-08-01..2025-08-13]",
    "ongoing": "true",
    "acknowledgement": "acknowledged",
    "methods": ["dpi"],
    "stated_reasons": ["fraud_prevention"],
    "review": "machine_coded",
    "targets": [
        {"platform_id": "whatsapp", "feature": "calls", "role": "intended"},
        {"platform_id": "telegram", "feature": "calls", "role": "intended"},
    ],
    "stages": [
        {
            "date": "2025-05",
            "stage": "proposed",
            "note": "Operators asked for it",
            "attributed_to": "A newspaper",
            "sources": ["s2"],
        },
        {"date": "2025-08-13", "stage": "in_force", "note": "The regulator confirmed it", "sources": ["s1"]},
    ],
    "authorities": [{"name": "Roskomnadzor", "role": "regulator"}],
    "legal_bases": [{"type": "none_stated", "status": "unknown", "sources": ["s1"]}],
    "responses": [
        {"actor": "An organisation", "kind": "statement", "date": "2025-08", "note": "It protested", "sources": ["s2"]}
    ],
    "sources": [
        {
            "id": "s1",
            "url": "https://agency.example/a",
            "publisher": "State Agency",
            "title": "Calls restricted",
            "published": "2025-08-13",
            "language": "en",
            "type": "news",
            "supports": ["start", "targets", "stages"],
        },
        {
            "id": "s2",
            "url": "https://paper.example/b?id=1",
            "publisher": "The Paper",
            "title": "Calls do not work",
            "published": "2025-10-21",
            "language": "en",
            "type": "news",
            "supports": ["stages", "ongoing"],
        },
    ],
}

PLAN: dict[str, Any] = {
    "event_id": "ir-2024-plan",
    "country": "IR",
    "title": "A ban on a messenger was announced and dropped",
    "summary": "A minister announced a ban, and the government dropped it.",
    "restriction_type": "service_block",
    "initiator": "state",
    "attribution": "unknown",
    "population": "public",
    "pattern": "continuous",
    "ongoing": "false",
    "acknowledgement": "acknowledged",
    "review": "machine_coded",
    "targets": [{"platform_id": "telegram", "feature": "all", "role": "intended"}],
    "stages": [
        {"date": "2024-03-01", "stage": "announced", "sources": ["s1"]},
        {"date": "2024-03-09", "stage": "abandoned", "sources": ["s1"]},
    ],
    "sources": [
        {
            "id": "s1",
            "url": "https://paper.example/plan",
            "publisher": "The Paper",
            "title": "A plan",
            "published": "2024-03-10",
            "language": "fa",
            "type": "news",
            "supports": ["stages"],
        }
    ],
}

PLATFORMS = """platform_id,name,kind,operator,headquarters,domains,aliases,group
internet,All internet access,network,,,,,true
telegram,Telegram,messaging,Telegram FZ-LLC,RU,telegram.org;t.me,,false
whatsapp,WhatsApp,messaging,Meta,NO,whatsapp.com,,false
"""
PUBLISHERS = """publisher,country,control,aggregator
State Agency,RU,state_controlled,false
The Paper,RU,independent,false
"""
COUNTRIES = """code,alpha3,name_en,name_ru,name_uk,name_es,name_fr,name_ar,name_fa,name_tr,region,population,population_year,population_origin
IR,IRN,Iran,Иран,Іран,Irán,Iran,إيران,ایران,İran,Southern Asia,1000,2024,World Bank
NO,NOR,Norway,Норвегия,Норвегія,Noruega,Norvège,النرويج,نروژ,Norveç,Northern Europe,,,
RU,RUS,Russia,Россия,Росія,Rusia,Russie,روسيا,روسیه,Rusya,Eastern Europe,2000,2024,World Bank
"""
RETIRED = "old_id,new_id,reason,version\n"


ODD = (
    st.lists(st.integers(), max_size=1)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
"""What a field of an answer may hold instead of what it should."""


class Folder:
    """A data folder with two events; `event` and `plan` may be changed before `write`, files after it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.event = copy.deepcopy(EVENT)
        self.plan = copy.deepcopy(PLAN)

    def write(self) -> Path:
        for record in (self.event, self.plan):
            path = self.root / "events" / record["country"] / f"{record['event_id']}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(records.write_event(record), encoding="utf-8")
        reference = self.root / "reference"
        reference.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("platforms", PLATFORMS),
            ("publishers", PUBLISHERS),
            ("countries", COUNTRIES),
            ("retired", RETIRED),
        ):
            (reference / f"{name}.csv").write_text(text, encoding="utf-8")
        return self.root

    @property
    def file(self) -> Path:
        return self.root / "events/RU/ru-2025-08-calls.yaml"

    def check(self) -> list[Problem]:
        """The problems of the folder as it lies, but for the warning about an unused platform."""
        found = build.check(records.read(self.root))
        return [problem for problem in found if problem.rule != "a_platform_is_targeted"]

    def broken(self) -> list[Problem]:
        """Write the two events, then check."""
        self.write()
        return self.check()

    def measure(self, kind: str, platform: str, end: str, **changes: Any) -> dataset.Dataset:
        """The two events, the first as a measure of this kind on the whole of one platform, from 2025-08-10 to `end`."""
        self.event.update(
            restriction_type=kind,
            targets=[{"platform_id": platform, "feature": "all", "role": "intended"}],
            start="2025-08-10",
            end=end,
            ongoing="false",
            **changes,
        )
        return self.dataset()

    def dataset(self, version: str = dataset.UNRELEASED) -> dataset.Dataset:
        return build.build(records.read(self.write()), version)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


@pytest.fixture(scope="session")
def released() -> dataset.Dataset:
    """The newest release in the repository."""
    return reading.load()


@pytest.fixture(scope="session")
def own_records() -> records.Rows:
    """The repository's own records."""
    return records.read(ROOT / "data")


@pytest.fixture
def in_folder() -> Iterator[Callable[[Path], None]]:
    """Change the working folder for one test."""
    before = Path.cwd()
    yield os.chdir
    os.chdir(before)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session on two cores of this machine; the test is skipped without pyspark or Java."""
    pyspark = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield session
    session.stop()
