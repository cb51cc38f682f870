"""Step: loss and acceptance curves as SVG from the CSVs of a run.

    python -m slipstream_train.plot RUN/out --out docs
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

QUANTITIES = {"train_loss": "training loss", "nats_per_token": "held-out nats per token", "t0": "acceptance, T = 0",
              "t0.8": "acceptance, T = 0.8"}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    # Same input, same bytes: no date, no random ids.
    matplotlib.rcParams["svg.hashsalt"] = "slipstream"
    for path in sorted(options.folder.glob("*.csv")):
        with path.open() as file:
            # What a single step gives would only stretch the axes.
            rows = [row for row in csv.DictReader(file) if int(row["step"]) > 1]
        shown = [key for key in QUANTITIES if rows and rows[0].get(key)]
        figure, axes = plt.subplots(1, len(shown), figsize=(4 * len(shown), 3), squeeze=False, layout="constrained")
        quantised = [float(row["tokens"]) / 1e6 for row in rows if row["phase"] == "quantised"]
        for axis, key in zip(axes[0], shown):
            there = [row for row in rows if row[key]]
            axis.plot([float(row["tokens"]) / 1e6 for row in there], [float(row[key]) for row in there])
            axis.set(title=QUANTITIES[key], xlabel="million tokens")
            axis.grid(alpha=0.3)
            if quantised:
                axis.axvspan(quantised[0], quantised[-1], alpha=0.1, label="snapped weights")
                axis.legend()
        figure.suptitle(path.stem)
        figure.savefig(options.out / f"{path.stem}.svg", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    main()
