#!/usr/bin/env bash
# browser.sh: the pages of sciwrap report in a real browser, headless Chromium, at 1280 and 400 pixels, light and dark: no
# page is wider than its window, nothing is said on the console, nothing is fetched, and every text has the contrast that
# WCAG 2.1 AA asks for. Screenshots are left in build/report-pages/.
#
#   SCIWRAP=build/release/bin/sciwrap FIXTURES=build/fixtures tests/report/browser.sh [PAGE...]
#
# Installs Chromium by apt when it is not here and root runs this; else every test is skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
sciwrap=${SCIWRAP:-$root/build/release/bin/sciwrap}
fixtures=${FIXTURES:-$root/build/fixtures}
out=${REPORT_PAGES:-$root/build/report-pages}

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    if [[ $(id -u) -ne 0 ]] || ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends chromium fonts-liberation; } >&2; then
        echo "ok pages in a browser # skip: Chromium is not here, and cannot be installed"
        exit 0
    fi
fi
mkdir -p "$out"
if [[ $# -gt 0 ]]; then
    exec python3 tests/report/browser.py "$out" "$@"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-report.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{home,project,pages}
export HOME=$work/home SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$fixtures/envs
unset XDG_CONFIG_HOME XDG_DATA_HOME SCIWRAP_SITE_STORE SCIWRAP_TMPDIR
cd "$work/project"
"$sciwrap" pull -q tiny

last() {
    "$sciwrap" runs --json | python3 -c 'import json, sys; print(max(json.load(sys.stdin), key=lambda r: r["started"])["id"])'
}
page() { # NAME [ID]
    "$sciwrap" report -q "${2:-$(last)}" -o "$work/pages/$1.html"
}

# A chain of ten runs, a sweep, and what puts it together.
echo 0 >step0
for i in 1 2 3 4 5 6 7 8 9 10; do
    "$sciwrap" exec -q tiny sh -c "cat step$((i - 1)) >step$i; echo $i >>step$i"
done
for i in 1 2 3 4 5; do
    "$sciwrap" exec -q tiny sh -c "echo $i; cat step3 >part$i; echo $i >>part$i" >/dev/null
done
"$sciwrap" exec -q tiny sh -c 'cat part* step10 | sort | uniq -c >summary.txt; sleep 0.2'
page summary
summary=$(last)
"$sciwrap" rerun -q "$summary"
page confirmed "$summary"
# A thousand files, a failure, limits, a difference, and names as an enemy would choose them.
mkdir in
for i in $(seq 1000); do echo "$i" >"in/sample_$i.txt"; done
"$sciwrap" exec -q tiny sh -c 'mkdir out; for f in in/*; do tr 1-5 6-9 <$f >out/${f##*/}; done'
page thousand
"$sciwrap" exec -q tiny sh -c 'echo part >part.txt; exit 3' || true
page failed
"$sciwrap" exec -q --time 1 --pids 20 --network host --no-fix tz,locale tiny sleep 5 || true
page limited
"$sciwrap" exec -q tiny sh -c 'head -c 9 /dev/urandom | od >random.txt; echo same >same.txt'
"$sciwrap" rerun -q "$(last)" || true
page differs
printf x >$'<img src=x onerror=alert(1)>\xff\xe2\x80\xae'
long=$(printf 'without_a_blank_%.0s' {1..120})
"$sciwrap" exec -q tiny sh -c 'cat ./* >/dev/null 2>&1; true' '</title><script>alert(2)</script>' "$long" "$(printf '漢字 عربي %.0s' {1..40})"
page hostile
"$sciwrap" report -q --all -o "$work/pages/all.html"
cd "$root"
python3 tests/report/browser.py "$out" "$work"/pages/*.html
