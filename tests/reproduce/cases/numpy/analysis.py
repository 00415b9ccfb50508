"""Weather of 40 stations: what explains the temperature, and some linear algebra on it."""
import csv
import json

import numpy

with open("weather.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["temperature"] != "NA"]
day = numpy.array([float(row["day"]) for row in rows])
altitude = numpy.array([float(row["altitude"]) for row in rows])
temperature = numpy.array([float(row["temperature"]) for row in rows])
design = numpy.column_stack([numpy.ones_like(day), altitude, numpy.cos(day / 365 * 2 * numpy.pi), numpy.log1p(altitude)])

coefficients, residual, rank, _ = numpy.linalg.lstsq(design, temperature, rcond=None)
numpy.savetxt("coefficients.csv", coefficients, fmt="%.6g", delimiter=",", header="coefficient")

wide = numpy.exp(-numpy.abs(numpy.subtract.outer(temperature[:600], temperature[600:1200])))
product = wide @ wide.T
numpy.save("product.npy", product)
eigenvalues = numpy.linalg.eigvalsh(product)
spectrum = numpy.abs(numpy.fft.rfft(temperature[:4096]))
numpy.savez("everything.npz", eigenvalues=eigenvalues, spectrum=spectrum)
with open("summary.json", "w") as file:
    json.dump({"rows": len(rows), "rank": int(rank), "residual": float(residual[0]), "trace": float(numpy.trace(product)),
               "largest": float(eigenvalues[-1]), "norm": float(wide.ravel() @ wide.ravel())}, file, indent=1)
