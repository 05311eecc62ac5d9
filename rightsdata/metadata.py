"""How a release describes itself to catalogues: a Data Package, a Croissant and a citation file.

Formats: Data Package 2.0 (datapackage.org), Croissant 1.0 (mlcommons.org/croissant), Citation File Format 1.2.0.
Everything in them follows from the schema and from the files of the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import manifest, schema

TITLE = "rightsdata: restriction events on the internet"
DESCRIPTION = (
    "Restriction events on the internet, typed and sourced: what was planned, ordered and enforced, on which feature of which "
    "platform, by whom, on what legal basis, and who says so. A coded selection from public reports, not a census."
)
KEYWORDS = ("digital rights", "internet shutdowns", "censorship", "open data")
LICENCE_PAGE = "https://creativecommons.org/licenses/by/4.0/"


def data_package(files: Iterable[manifest.File], version: str, note: str) -> str:
    """datapackage.json: one resource a table, with its fields, keys and references.

    Args:
        files: the tables' files, as in the manifest.
        version: the data version.
        note: the state of review, which stands in the description.
    """
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "rightsdata",
        "title": f"{TITLE} ({note.lower()})",
        "description": f"{note}. {DESCRIPTION}",
        "version": version,
        "keywords": list(KEYWORDS),
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE_PAGE, "title": "Creative Commons Attribution 4.0"}],
        "contributors": [{"title": "rightsdata contributors", "roles": ["author"]}],
        "resources": [_resource(file) for file in files if _table(file) in schema.TABLES],
    }
    return _text(package)


def croissant(files: Iterable[manifest.File], version: str, note: str, citation: str) -> str:
    """croissant.json: the same as a Croissant, which machine-learning catalogues and search engines read.

    Args:
        files: the tables' files, as in the manifest.
        version: the data version.
        note: the state of review, which stands in the name's description.
        citation: how to cite the release.
    """
    tables = [file for file in files if _table(file) in schema.TABLES]
    year, month, _ = version.split(".") if manifest.is_version(version) else ("1970", "01", "")
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "rightsdata",
        "description": f"{note}. {DESCRIPTION}",
        "version": _semantic(version),
        "datePublished": f"{year}-{month}",  # a version names its month and no day
        "license": LICENCE_PAGE,
        "keywords": list(KEYWORDS),
        "citeAs": citation,
        "creator": {"@type": "sc:Organization", "name": "rightsdata contributors"},
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "contentSize": f"{file.bytes} B",
                "encodingFormat": "application/x-parquet",
                "sha256": file.sha256,
            }
            for file in tables
        ],
        "recordSet": [_record_set(file) for file in tables],
    }
    return _text(described)


def citation_file(version: str, note: str) -> str:
    """CITATION.cff of a release."""
    words = "\n".join(f"  - {keyword}" for keyword in KEYWORDS)
    return f"""cff-version: 1.2.0
message: If you use rightsdata, please cite it; Dataset.cite() names the version and the rows that you used.
type: dataset
title: "{TITLE} ({note.lower()})"
abstract: "{note}. {DESCRIPTION}"
authors:
  - name: rightsdata contributors
version: {version}
license: CC-BY-4.0
keywords:
{words}
"""


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _table(file: manifest.File) -> str:
    return file.name.removesuffix(".parquet")


def _semantic(version: str) -> str:
    """The version without leading zeros, as Croissant's semantic versions have it: 2026.01.0 is 2026.1.0."""
    return ".".join(str(part) for part in manifest.order(version)) if manifest.is_version(version) else "0.0.0"


def _resource(file: manifest.File) -> dict[str, Any]:
    name = _table(file)
    table = schema.TABLES[name]
    columns = table.columns()
    references = []
    for key, column in columns.items():
        target = schema.metadata(column).get("references")
        if target and not isinstance(column, dy.List):
            other, other_key = target.split(".")
            where = {"fields": [other_key]} | ({"resource": other} if other != name else {})
            if (other, other_key) != (name, key):
                references.append({"fields": [key], "reference": where})
    return {
        "name": name,
        "path": file.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "description": (table.__doc__ or "").strip(),
        "schema": {
            "fields": [_field(key, column) for key, column in columns.items()],
            "primaryKey": table.primary_key(),
            "foreignKeys": references,
        },
    }


_TYPES = {pl.String: "string", pl.Boolean: "boolean", pl.Date: "date", pl.Enum: "string", pl.List: "array"}


def _field(key: str, column: dy.Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if isinstance(column, dy.Enum):
        constraints["enum"] = list(column.categories)
    if isinstance(column, dy.String) and column.regex:
        constraints["pattern"] = column.regex
    found = {"name": key, "type": _TYPES.get(type(column.dtype), "integer"), "description": column.description}
    return {**found, "constraints": constraints} if constraints else found


_CROISSANT_TYPES = {
    pl.String: "sc:Text",
    pl.Boolean: "sc:Boolean",
    pl.Date: "sc:Date",
    pl.Enum: "sc:Text",
    pl.List: "sc:Text",
}


def _record_set(file: manifest.File) -> dict[str, Any]:
    name = _table(file)
    table = schema.TABLES[name]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": (table.__doc__ or "").strip(),
        "key": [{"@id": f"{name}/{key}"} for key in table.primary_key()],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{key}",
                "name": key,
                "description": column.description,
                "dataType": _CROISSANT_TYPES.get(type(column.dtype), "sc:Integer"),
                **({"repeated": True} if isinstance(column, dy.List) else {}),
                "source": {"fileObject": {"@id": file.name}, "extract": {"column": key}},
            }
            for key, column in table.columns().items()
        ],
    }


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the Croissant 1.0 specification prescribes."""
