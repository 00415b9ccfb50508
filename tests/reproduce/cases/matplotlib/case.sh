# shellcheck shell=bash
experiment 'Matplotlib 3.6' numeric
make_data() { "$data" weather 61 20000 >weather.csv; }

step 'a figure as PNG and PDF' -- python3 figure.py png pdf
same figure.png figure.pdf

step 'the same without the setting epoch' --no-fix epoch -- python3 figure.py png pdf
same figure.png
differs normalised figure.pdf 'the date in the PDF' 'the setting `epoch` (SOURCE_DATE_EPOCH): above'

step 'the figure as SVG' -- python3 figure.py svg
differs different figure.svg 'names of elements are random numbers' '`--seed N`: below; `svg.hashsalt` in the script'

step 'the same with --seed 1' --seed 1 -- python3 figure.py svg
same figure.svg
