"""Configurations and labels are data whose faults are told all at once."""

from pathlib import Path

import pytest

import law
from models.configs.training import load_config
from models.errors import ConfigError
from models.labels.label_files import load_label


def test_every_label_that_the_default_names_exists() -> None:
    config = load_config("default")
    for model, name in config.labels.present().items():
        label = load_label(name)
        assert label.name == name
        assert "follow_up" not in label.inspection_kinds
        assert "complaint" not in label.inspection_kinds
        assert label.matters == (None if model == "general" else (model,))


@pytest.mark.parametrize("name", ["general", "food", "special_equipment"])
def test_bad_codes_are_codes_of_law_that_name_a_breach(name: str) -> None:
    codes = law.codes("inspection_results")
    for code in load_label(name).bad_result_codes:
        assert codes[code].attributes["class"] in ("problem", "refused")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match="default"):
        load_config("absent")
    with pytest.raises(ConfigError, match="special_equipment"):
        load_label("absent")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    import models.configs.training

    source = Path(models.configs.training.__file__).parent / "default.yaml"
    text = source.read_text("utf-8").replace("folds: 4", "folds: 1\nunknown_key: 3")
    (tmp_path / "bad.yaml").write_text(text.replace("seed: 20220101", "seed: soon"), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config("bad", folder=tmp_path)
    for fault in ("folds", "unknown_key", "seed"):
        assert fault in refused.value.en


def test_a_label_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: bad\nkinds: [routine]\n", "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_label("bad", folder=tmp_path)
    assert "kinds" in refused.value.en
    assert "followup_days" in refused.value.en


def test_a_configuration_may_extend_another() -> None:
    default, quick = load_config("default"), load_config("quick")
    assert quick.as_of_spacing_months == 12
    assert quick.training_windows < default.training_windows
    assert quick.general == default.general


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text("seed: 1\nfolds: 2\nseed: 3\n", "utf-8")
    with pytest.raises(ConfigError, match=r"seed.*出现多次"):
        load_config("twice", folder=tmp_path)
