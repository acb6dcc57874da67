"""How many labels models need: `python -m benchmarks.learning_curve`, on a SIMULATED city.

Every point is fitted to a share of the enterprises of windows that ended a year before the last
day, and judged on all inspections of that year. With few labels a sub-model is the general model.
"""

import argparse
from dataclasses import asdict

import pandas as pd

from benchmarks.simulated_city import city_of, markdown
from features.indicators import catalogue
from models.configs.training import load_config
from models.fitting.fitting import fit_models
from models.learning.columns import remember
from models.study.learning_curve import learning_curves


def curves(enterprises: int, seed: int) -> pd.DataFrame:
    """One row per model and share of the enterprises."""
    config = load_config("default")
    with city_of(enterprises, seed, config=config) as city:
        fitted = fit_models(city.training, indicators=remember(catalogue()), config=config)
        found = learning_curves(fitted, city.training, city.test, config=config)
    rows = [{"model": model} | asdict(one) for model, points in found.items() for one in points]
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261031)
    asked = parser.parse_args()
    print(f"SIMULATED city of {asked.enterprises} enterprises, seed {asked.seed}")
    print(markdown(curves(asked.enterprises, asked.seed).round(3)))


if __name__ == "__main__":
    main()
