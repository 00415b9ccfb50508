"""Sums and functions whose last digits depend on the code that libraries choose."""
import json
import math

import numpy

generator = numpy.random.Generator(numpy.random.PCG64(7))
x = generator.random(20000) * 20 - 10
a = generator.random((257, 257))
result = {
    "libm": {f.__name__: [float(v) for v in map(f, x[:2000])] for f in (math.exp, math.sin, math.cos, math.sinh)},
    "ufuncs": {f.__name__: float(f(x).sum()) for f in (numpy.exp, numpy.sin)},
    "dot": float(x @ x),
    "product": float((a @ a).sum()),
    "solved": float(numpy.linalg.solve(a, x[:257]).sum()),
    "singular": [float(value) for value in numpy.linalg.svd(a, compute_uv=False)],
}
with open("sums.json", "w") as file:
    json.dump(result, file, indent=1)
