"""vocabulary: terms with definitions and labels."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rightsdata import vocabulary as v

LABELS = Path(v.__file__).parent / "labels.csv"


def rows() -> list[dict[str, str]]:
    with LABELS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_term_has_a_definition_that_is_a_sentence() -> None:
    for kind in v.VOCABULARIES.values():
        assert kind.__doc__
        for term in kind:
            assert term.definition[0].isupper()
            assert term.definition.endswith(".")


def test_the_label_table_holds_every_term_once_and_in_order() -> None:
    assert [(row["vocabulary"], row["code"]) for row in rows()] == [
        (name, str(term)) for name, kind in v.VOCABULARIES.items() for term in kind
    ]


@pytest.mark.parametrize("language", v.LANGUAGES)
def test_every_term_has_a_label_in_every_language_and_no_two_the_same(language: str) -> None:
    for kind in v.VOCABULARIES.values():
        labels = [term.label(language) for term in kind]
        assert all(label.strip() == label and label for label in labels)
        assert len(set(labels)) == len(labels), (kind, labels)


def test_labels_keep_to_their_script() -> None:
    latin = set("abcdefghijklmnopqrstuvwxyz")
    words = {"dns", "ip", "dpi", "sni", "bgp", "vpn", "voip", "tls", "app", "store"}  # names that stay Latin everywhere
    for row in rows():
        for language in ("ru", "uk", "ar", "fa"):
            left = " ".join(
                word
                for word in row[language].lower().replace("-", " ").replace("(", " ").replace(")", " ").split()
                if word not in words
            )
            assert not latin & set(left), (language, row[language])
        assert not set("يك") & set(row["fa"]), row["fa"]


def test_an_unknown_language_has_no_label() -> None:
    with pytest.raises(KeyError):
        v.Stage.LIFTED.label("xx")


def test_every_restriction_type_has_a_family_and_every_stage_suggests_a_status() -> None:
    access = {kind.value for kind in v.RestrictionType if kind.family is v.Family.ACCESS}
    assert access == {
        "network_shutdown",
        "mobile_shutdown",
        "service_block",
        "feature_block",
        "throttling",
        "content_block",
        "app_removal",
    }
    assert all(isinstance(stage.implies, v.Status) for stage in v.Stage)
    assert v.Stage.POSTPONED in v.PLAN_STAGES
    assert v.Stage.IN_FORCE not in v.PLAN_STAGES


def test_a_vocabulary_knows_its_own_name() -> None:
    assert v.LegalBasisType.vocabulary() == "legal_basis_type"
    assert list(v.VOCABULARIES) == [kind.vocabulary() for kind in v.VOCABULARIES.values()]
