set datafile separator ','
set datafile missing 'NA'
set fit logfile 'fit.log' quiet
season(x) = a + b * cos(x / 365 * 2 * pi)
a = 5
b = -8
fit season(x) 'weather.csv' skip 1 using 3:4 via a, b
set xlabel 'day'
set ylabel 'temperature'
do for [kind in 'pngcairo:png pdfcairo:pdf svg:svg postscript:ps'] {
    eval('set terminal ' . kind[1:strstrt(kind, ':') - 1])
    set output 'plot.' . kind[strstrt(kind, ':') + 1:]
    plot 'weather.csv' skip 1 using 3:4 with dots title 'measured', season(x) with lines title 'fit'
}
unset output
