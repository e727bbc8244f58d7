"""training.parameter_table: every parameter has a row."""

from __future__ import annotations

from click.testing import CliRunner

from inkling.cli.train import command
from inkling.training import parameter_table
from inkling.training.recipe import parameters


def test_every_parameter_has_a_sentence_of_help() -> None:
    rows = parameter_table.rows()
    assert [row[0] for row in rows] == list(parameters())
    for _, default, expected, text in rows:
        assert default
        assert expected
        assert text[0].isupper()
        assert text.endswith(".")


def test_a_row_says_what_is_expected_and_who_uses_it() -> None:
    rows = {row[0]: row[1:] for row in parameter_table.rows()}
    assert rows["epochs"] == ("5", "1 to 10,000", "Passes over the training data.")
    assert rows["hidden"][2] == "Units of the hidden layer. Only: ann, ann-dropout."
    assert rows["lines"][2] == "Synthetic lines per epoch. Only: line."
    assert rows["teacher.weight"][2].endswith("Classifiers only.")
    assert rows["name"][0] == "required"
    assert rows["schedule"][1].startswith("constant, one_cycle")


def test_explain_prints_every_parameter() -> None:
    result = CliRunner().invoke(command, ["--explain"], catch_exceptions=False)
    assert [line.split()[0] for line in result.output.splitlines()[1:] if line[0] != " "] == list(parameters())
