#!/usr/bin/env bats
# sciwrap report: a run, or all runs of a project, as one page that stands for itself.
load helpers

# check PAGE...: what holds for every page (report.py says what is wrong).
check() {
    python3 "$BATS_TEST_DIRNAME/report.py" "$@"
}

# The ID of the last run.
last() {
    "$SCIWRAP" runs --json | python3 -c 'import json, sys; print(max(json.load(sys.stdin), key=lambda r: r["started"])["id"])'
}

has() { # PAGE TEXT...: each in what a person sees
    python3 "$BATS_TEST_DIRNAME/report.py" --has "$@"
}

@test "a run: what was run, files, lineage, processes, environment, walls, how to rerun and cite" {
    echo one >first.txt
    quietly "$SCIWRAP" exec -q tiny sh -c 'cat first.txt >second.txt'
    quietly "$SCIWRAP" exec -q tiny sh -c 'cat second.txt >third.txt; sleep 0'
    id=$(last)
    succeeds "$SCIWRAP" report "$id" -o page.html
    [[ $stderr == *"wrote 'page.html' ("* ]]
    check page.html
    has page.html "Record of run $id" \
        "$(sha256sum <second.txt | cut -c 1-64)" \
        "$(sha256sum <.sciwrap/runs/"$id"/manifest.json | cut -c 1-64)" \
        'first.txt' \
        'sh -c cat first.txt >second' \
        "sciwrap rerun $id" \
        "@misc{" \
        'none: only a loopback interface of its own' \
        "$(sed -n 's/^sha256 *= *//p' "$FIXTURES/envs/tiny.ini")" \
        'sleep 0'
}

@test "the same record gives the same bytes, to a file and to standard output" {
    quietly "$SCIWRAP" exec -q tiny sh -c 'echo x >x.txt'
    id=$(last)
    quietly "$SCIWRAP" report -q "${id:0:6}"
    quietly "$SCIWRAP" report -q "$id" --output again.html
    cmp "$id.html" again.html
    "$SCIWRAP" report "$id" -o - >third.html
    cmp "$id.html" third.html
    quietly "$SCIWRAP" report -q --all
    quietly "$SCIWRAP" report -q --all -o - >/dev/null
    "$SCIWRAP" report --all -o - | cmp runs.html
}

@test "what is told of a failed run, of reruns and of a difference" {
    fails_with 3 '' -- "$SCIWRAP" exec tiny sh -c 'echo partial >part.txt; exit 3' || [[ $status -eq 3 ]]
    quietly "$SCIWRAP" report -q "$(last)" -o failed.html
    check failed.html
    has failed.html 'exit status 3'
    quietly "$SCIWRAP" exec -q tiny sh -c 'echo same >same.txt; head -c 9 /dev/urandom >random.txt'
    id=$(last)
    run -1 "$SCIWRAP" rerun -q "$id"
    again=$(last)
    quietly "$SCIWRAP" report -q "$id" -o first.html
    quietly "$SCIWRAP" report -q "$again" -o again.html
    check first.html again.html
    has first.html "$again" '0 of 1'
    has again.html "This run repeats run $id from its record" '✗ different' '✓ identical'
}

@test "a process that a signal ended is drawn dashed, with the signal in its title" {
    run -137 "$SCIWRAP" exec -q tiny sh -c 'sleep 0; kill -9 $$'
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications on this host"
    quietly "$SCIWRAP" report -q "$(last)" -o killed.html
    check killed.html
    has killed.html 'ended by signal 9 (SIGKILL)'
    is "$(grep -c '<g><title>ended by signal 9 (SIGKILL)</title>.*<rect class="open"' killed.html)" 1
    # The one that ended by itself is drawn as ever.
    grep -q '<g><text.*<rect class="life"' killed.html
}

@test "limits, binds, a network and what was not held fixed" {
    mkdir data
    quietly "$SCIWRAP" exec -q --file-size 1M --network host --no-fix tz --seed 7 --bind "$PWD/data:/data:ro" tiny true
    quietly "$SCIWRAP" report -q "$(last)" -o page.html
    check page.html
    has page.html '1 MiB' 'that of the host' "no: the caller's or the host's" '/data' 'could be used'
}

@test "devices of the host, and the files that came in with them" {
    mkdir -m 755 cdi
    echo driver >driver.conf
    printf '{"cdiVersion": "0.6.0", "kind": "example.org/made-up", "devices": [{"name": "0", "containerEdits":
        {"deviceNodes": [{"path": "/dev/made-up0", "hostPath": "/dev/zero"}],
        "mounts": [{"hostPath": "%s/driver.conf", "containerPath": "/etc/made-up.conf"}]}}]}\n' "$WORK" >cdi/it.json
    chmod 644 cdi/it.json
    succeeds env SCIWRAP_CDI_DIRS="$WORK/cdi" "$SCIWRAP" exec -q --device example.org/made-up=0 tiny true
    quietly "$SCIWRAP" report -q "$(last)" -o page.html
    check page.html
    has page.html example.org/made-up=0 /dev/made-up0 made-up.conf "$(sha256sum <driver.conf | cut -c 1-64)"
}

@test "a bundle and a manifest file, and where there is no project" {
    quietly "$SCIWRAP" exec -q tiny sh -c 'echo x >x.txt'
    id=$(last)
    quietly "$SCIWRAP" bundle -q "$id" -o it.sciwrap
    mkdir "$BATS_TEST_TMPDIR/elsewhere"
    cp it.sciwrap ".sciwrap/runs/$id/manifest.json" "$BATS_TEST_TMPDIR/elsewhere"
    cd "$BATS_TEST_TMPDIR/elsewhere"
    quietly "$SCIWRAP" report -q it.sciwrap -o bundle.html
    quietly "$SCIWRAP" report -q manifest.json -o ./file.html
    check bundle.html file.html
    has bundle.html 'sciwrap rerun it.sciwrap'
    has file.html 'sciwrap rerun manifest.json'
    # Without the environment the page says what it lacks.
    succeeds env SCIWRAP_STORE="$BATS_TEST_TMPDIR/none" "$SCIWRAP" report -q manifest.json -o ./bare.html
    check bare.html
    has bare.html 'versions of packages are left out'
    fails_with 125 'no runs are recorded here or above' -- "$SCIWRAP" report --all
}

@test "all runs: a table, their lineage, links that lead somewhere" {
    for i in 1 2 3 4 5; do
        quietly "$SCIWRAP" exec -q tiny sh -c "echo $i >part$i.txt"
    done
    quietly "$SCIWRAP" exec -q tiny sh -c 'cat part*.txt >whole.txt'
    id=$(last)
    quietly "$SCIWRAP" rerun -q "$id"
    quietly "$SCIWRAP" report -q --all -o all.html
    check all.html
    has all.html "$id" '5 runs of sh' 'confirmed by 1 of 1'
    grep -qF "id=\"run-$id\"" all.html
}

@test "names, arguments and a definition that are HTML, break lines, turn the direction of reading, or are no text" {
    evil='<script>alert(1)</script>"'"'"'><img src=x onerror=alert(2)>&lt;'
    mkdir "${evil//\//_}"
    printf 'x\n' >"${evil//\//_}/in"$'\n\x1b[31m\xe2\x80\xae'"txt"
    printf 'x\n' >$'bytes\xff\xfe]]>-->'
    printf 'x\n' >$'\xef\xbf\xbf\xef\xbb\xbf\xe2\x80\xa8}<_style>'
    quietly "$SCIWRAP" exec -q tiny sh -c 'cat */* * >/dev/null 2>&1; cp "$0" "$0.out"; echo made >"$1"; for i in 1 2; do : "$1"; ls -d "$1"; done' \
        $'bytes\xff\xfe]]>-->' $'<_title><svg onload=alert(3)>\x01\xc2\x9b\xe2\x80\xae' "$evil" "$(printf 'long%.0s' {1..9000})"
    quietly "$SCIWRAP" report -q "$(last)" -o page.html
    quietly "$SCIWRAP" report -q --all -o all.html
    check page.html all.html
    # shellcheck disable=SC1003
    has page.html 'in\n\x1b[31m\u{202e}txt' 'bytes\xff\xfe]]>-->' '<script>alert(1)</script>'
}

@test "a manifest that was made by an enemy: numbers, depths, circles, missing members" {
    quietly "$SCIWRAP" exec -q tiny sh -c 'echo x >x.txt; true | cat'
    python3 "$BATS_TEST_DIRNAME/report.py" --forge ".sciwrap/runs/$(last)/manifest.json" forged
    for file in forged/*.json; do
        run --separate-stderr timeout 60 "$SCIWRAP" report -q "$file" -o "$file.html"
        [[ $status -eq 0 || $status -eq 125 ]] || {
            echo "$file: status $status: $stderr"
            return 1
        }
    done
    pages=(forged/*.html)
    [[ ${#pages[@]} -ge 6 && -e forged/everywhere.json.html ]]
    check "${pages[@]}"
}

@test "a run with a thousand files is under 500 kB, and says what it leaves out" {
    mkdir in
    seq -f 'in/sample_%04g.txt' 0 999 | xargs touch
    quietly "$SCIWRAP" exec -q tiny sh -c 'cat in/* >all.txt'
    quietly "$SCIWRAP" report -q "$(last)" -o page.html
    check page.html
    has page.html 'sample_0999.txt'
    # Names that are long: what does not fit is counted.
    quietly "$SCIWRAP" exec -q tiny sh -c 'mkdir out; n=$(printf "%0240d" 0); i=0; while [ $i -lt 850 ]; do : >out/$n$i; i=$((i + 1)); done'
    quietly "$SCIWRAP" report -q "$(last)" -o long.html
    check long.html
    has long.html 'left out of this page'
}

@test "a file that is there is replaced whole; anything else is refused" {
    quietly "$SCIWRAP" exec -q tiny true
    id=$(last)
    echo 'something else' >page.html
    quietly "$SCIWRAP" report -q "$id" -o page.html
    check page.html
    mkdir folder
    fails_with 125 'no regular file' -- "$SCIWRAP" report "$id" -o folder
    fails_with 125 "No such file" -- "$SCIWRAP" report "$id" -o nowhere/page.html
    [[ $(ls -A) == *page.html* && $(find . -name '.page*' | wc -l) -eq 0 ]]
}

@test "what is wrong on the command line" {
    fails_with 125 'no run named' -- "$SCIWRAP" report
    fails_with 125 'takes one run' -- "$SCIWRAP" report a b
    fails_with 125 'takes none' -- "$SCIWRAP" report --all 3f9a1c
    fails_with 125 "did you mean '--output'" -- "$SCIWRAP" report --outptu x
    fails_with 125 'needs a value' -- "$SCIWRAP" report -o
}

@test "each colour stands out from what it is on as WCAG AA wants: 4.5 for text, 3 for what is drawn" {
    quietly "$SCIWRAP" exec -q tiny true
    quietly "$SCIWRAP" report -q "$(last)" -o page.html
    python3 "$BATS_TEST_DIRNAME/report.py" --contrast page.html
}
