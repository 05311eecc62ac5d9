"""codebook: the forms of the schema, never stale."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from conftest import EVENT, PLAN, ROOT

from rightsdata import codebook, crosswalk, records, schema
from rightsdata import vocabulary as v
from rightsdata.rules import TABLE_RULES


def test_the_files_in_the_repository_are_what_the_schema_gives() -> None:
    remedy = "run `rightsdata codebook --write`"
    assert (ROOT / "data/README.md").read_text(encoding="utf-8") == codebook.data_readme(), remedy
    assert (ROOT / "data/event.schema.json").read_text(encoding="utf-8") == codebook.json_schema(), remedy


def test_it_tells_every_table_column_rule_and_term() -> None:
    text = codebook.codebook()
    for name, table in schema.TABLES.items():
        assert f"\n## {name}\n" in text
        for column in table.column_names():
            assert f"| `{column}` |" in text
    for rule in [*(name for table in schema.CODED.values() for name in schema.row_rules(table)), *TABLE_RULES]:
        assert codebook._sentence(rule) in text
    for kind in v.VOCABULARIES.values():
        for term in kind:
            assert f"| `{term}` | {term.label()} | {term.definition} |" in text


def test_it_shows_every_crossing_under_its_provider_and_field() -> None:
    _, _, text = codebook.data_readme().partition("\n# Crosswalk\n")
    for row in crosswalk.rows():
        _, _, part = text.partition(f"\n## {row['provider']}: {row['field']}\n")
        assert f"| {row['value'].replace('*', '`*`')} | " in part.partition("\n## ")[0], row
        assert f"`{row['our_field']}` `{row['our_value']}` | {row['loss']} |" in part or not row["our_value"], row


def test_every_column_has_a_description() -> None:
    for table in schema.TABLES.values():
        for column in table.columns().values():
            assert column.description


def test_the_json_schema_accepts_every_record(own_records: records.Rows) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(codebook.json_schema()))
    for path in sorted((ROOT / "data/events").rglob("*.yaml"))[::20]:
        validator.validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    for record in (EVENT, PLAN):
        validator.validate(yaml.safe_load(records.write_event(record)))


@pytest.mark.parametrize(
    "change",
    [{"titel": "x"}, {"restriction_type": "blok"}, {"targets": [{"platform": "x"}]}, {"age_threshold": "sixteen"}],
)
def test_the_json_schema_refuses_what_check_refuses(change: dict[str, object]) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(codebook.json_schema()))
    assert not validator.is_valid({**yaml.safe_load(records.write_event(EVENT)), **change})
