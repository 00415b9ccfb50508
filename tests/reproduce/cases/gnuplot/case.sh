# shellcheck shell=bash
experiment 'gnuplot 5.4' tools
make_data() { "$data" weather 101 8000 >weather.csv; }

step 'a fit, and a plot in four formats' -- gnuplot plot.gp
same plot.png plot.svg plot.ps
differs normalised plot.pdf 'the date in the PDF: this cairo does not know SOURCE_DATE_EPOCH' \
    'none: only the clock decides; the comparison knows such dates'
differs different fit.log 'the date at its beginning' '`set fit nolog`; a pattern for the comparison: below'

step 'the same, compared with --ignore' --on-rerun=--ignore --on-rerun='^[A-Z][a-z]{2} [A-Z][a-z]{2} .* 20[0-9]{2}$' -- \
    gnuplot plot.gp
same plot.png plot.svg plot.ps
differs normalised plot.pdf 'as above' 'as above'
differs normalised fit.log 'a line that the pattern covers' 'the same'
