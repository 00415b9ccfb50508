"""Are the treated higher than the controls? A Mann-Whitney U test, as a paper's script would do it."""
import scipy
from scipy.stats import mannwhitneyu

with open("groups.txt", encoding="ascii") as file:
    groups = {name: [float(value) for value in values] for name, *values in map(str.split, file)}
statistic, p = mannwhitneyu(groups["control"], groups["treated"])
print(f"SciPy {scipy.__version__}: U = {statistic}, p = {p:.4f}, {'significant' if p < 0.05 else 'not significant'} at 0.05")
