"""Temperatures by day: a figure in the formats that are named."""
import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plot  # noqa: E402

with open("weather.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["temperature"] != "NA"]
figure, axes = plot.subplots(figsize=(6, 4))
for station in sorted({row["station"] for row in rows})[:5]:
    own = [row for row in rows if row["station"] == station]
    axes.plot([int(row["day"]) for row in own], [float(row["temperature"]) for row in own], label=station, linewidth=0.7)
axes.set_xlabel("day")
axes.set_ylabel("temperature, °C")
axes.legend()
for kind in sys.argv[1:]:
    figure.savefig("figure." + kind)
