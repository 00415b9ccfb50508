BEGIN { FS = "," }
FNR > 1 && $4 != "NA" {
    n[$1]++
    sum[$1] += $4
    if (!($1 in highest) || $4 > highest[$1]) highest[$1] = $4
}
END {
    for (station in n) printf "%s %d %.4f %s\n", station, n[station], sum[station] / n[station], highest[station]
}
