# shellcheck shell=bash
experiment 'R 4.2' statistics
make_data() { "$data" weather 71 20000 >weather.csv; }

step 'linear and mixed model, bootstrap with set.seed, plots' -- Rscript analysis.R 1
same coefficients.csv model.rds bootstrap.csv figure.png stdout
differs normalised figure.pdf 'the date in the PDF; R does not know SOURCE_DATE_EPOCH' \
    'none: only the clock decides; the comparison knows such dates'

step 'the bootstrap without set.seed' -- Rscript analysis.R
same coefficients.csv model.rds figure.png stdout
differs normalised figure.pdf 'the date in the PDF' 'as above'
differs different bootstrap.csv 'R seeds itself by the time and its process number' \
    'no setting: the clock is not faked; `set.seed()` in the script: above'
