"""Hold a release's events against measurement series on Spark, from Parquet in Hive partitions country=XX/year=YYYY.

    pip install 'rightsdata[spark]'  # and Java 17 or newer
    python examples/evidence_on_spark.py 2026.11.1 s3a://bucket/series/ verdicts.parquet --country RU --master yarn

Spark reads the series where it lies, only the folders of the countries and the days that the events ask for, and sends the
events' windows to every worker, so that the series itself is not moved to be joined. The verdicts, one row a target and
provider, come back to this process, which writes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

import rightsdata as rd
from rightsdata import evidence, series

TYPES = {"String": "string", "Int64": "bigint", "Date": "date"}


def read(session: SparkSession, place: str) -> DataFrame:
    """The columns of a series from Parquet; `year` stands beside them unused, and a column that the files lack is null.

    Spark would guess the type of the countries from the names of the folders; here it is told that they are texts.
    """
    columns = ", ".join(f"{name} {TYPES[str(dtype)]}" for name, dtype in series.TYPES.items())
    return session.read.schema(columns).parquet(place)


def main() -> None:
    """Read the arguments, judge, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", help="version of a release, such as 2026.11.1")
    parser.add_argument("series", help="folder of Parquet files, in any file system that Spark reads")
    parser.add_argument("output", type=Path, help="the file to write: .parquet or .csv")
    parser.add_argument("--country", action="append", help="only events of this country; may be repeated")
    parser.add_argument(
        "--master", help="where Spark runs: local[2], yarn, spark://host:7077; by default as configured"
    )
    asked = parser.parse_args()
    builder = SparkSession.builder.appName("rightsdata evidence")
    session = (builder.master(asked.master) if asked.master else builder).getOrCreate()
    events = rd.load(asked.events)
    events = events.where(country=asked.country) if asked.country else events
    verdicts = evidence.corroborate(events, read(session, asked.series))
    if asked.output.suffix == ".csv":
        verdicts.write_csv(asked.output)
    else:
        verdicts.write_parquet(asked.output)
    session.stop()


if __name__ == "__main__":
    main()
