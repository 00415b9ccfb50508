#!/usr/bin/env bats
# What came out differently, and what was different before the start: sciwrap diff, and the comparison of sciwrap rerun.
load helpers

# Writes what a program with a clock and a random number writes, each time something else.
setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    cat >noisy.sh <<'SH'
r=$(head -c 8 /dev/urandom | sha256sum | head -c 8)
busybox gzip -c /usr/share/data/file >plain.gz
{ printf '\037\213\010\000'; printf %s "$r" | head -c 4; tail -c +9 plain.gz; } >data.gz
rm plain.gz
printf '%%PDF-1.4\n1 0 obj\n<< /CreationDate (D:%s) >>\nendobj\ntrailer\n<< /ID [<%s> <%s>] >>\n%%%%EOF\n' $r $r $r >plot.pdf
printf '\211PNG\r\n\032\n\000\000\000\010tEXtdate:create\000' | head -c 20 >plot.png
printf '\211PNG\r\n\032\n\000\000\000\024tEXtdate:create\000%s....' $r >plot.png
printf '\000\000\000\000IEND....' >>plot.png
printf '@HD\tVN:1.6\n@PG\tID:%s\nread\t1\n' $r >reads.sam
echo same >same.txt
SH
}

# A run without outputs but its files.
record() {
    "$SCIWRAP" exec "$@" >/dev/null 2>&1
}

# The runs of this project, the first first.
ids() {
    "$SCIWRAP" runs | awk 'NR > 1 { print $1 }'
}

@test "dates, headers of gzip and program lines are no difference" {
    record tiny sh noisy.sh
    succeeds "$SCIWRAP" rerun "$(ids)"
    is "${lines[0]}" 'equal after normalisation  data.gz: but for the header of gzip'
    is "${lines[1]}" 'equal after normalisation  plot.pdf: but for dates'
    is "${lines[2]}" 'equal after normalisation  plot.png: but for dates'
    is "${lines[3]}" 'equal after normalisation  reads.sam: but for @PG lines'
    is "${lines[4]}" 'equal after normalisation: 4 of 5 outputs; 1 identical'
    is "${#lines[@]}" 5
    succeeds "$SCIWRAP" rerun --verbose "$(ids | head -n 1)"
    says 'identical +same.txt'
}

@test "numbers: how far apart, and within the tolerance that is asked for" {
    printf 'name,mass\na,1.5\nb,%s\n' 2.25 >in.csv
    record --input in.csv tiny sh -c 'cat in.csv >out.csv'
    printf 'name,mass\na,1.5\nb,%s\n' 2.26 >in.csv
    record --input in.csv tiny sh -c 'cat in.csv >out.csv'
    # out.csv holds what the second run wrote; what it overwrote was kept.
    local first second
    read -r -d '' first second < <(ids) || true
    run "$SCIWRAP" diff "$first" "$second"
    is "$status" 1
    says 'input in.csv: sha256 [0-9a-f]{12}, was sha256 [0-9a-f]{12}'
    says 'different  out.csv: line 3, column 6, field 2 \(mass\); 1 number differs by 0.01 \(0.004444 of the value\), in line 3'
    says $'\n +then  b,2.25\n +now   b,2.26\n'
    is "${lines[-1]}" 'different: 1 of 1 output'
    succeeds "$SCIWRAP" diff --rtol 0.005 "$first" "$second"
    says 'within tolerance  out.csv: 1 number differs by 0.01 \(0.004444 of the value\), in line 3'
    is "${lines[-1]}" 'within tolerance: 1 of 1 output'
    succeeds "$SCIWRAP" diff --atol 0.02 "$first" "$second"
    run "$SCIWRAP" diff --rtol 0.004 --atol 0.0009 "$first" "$second"
    is "$status" 1
}

@test "when the first content is gone the digests decide, and it says so" {
    record tiny sh -c 'echo 1 >out.txt'
    record tiny sh -c 'echo 2 >out.txt'
    rm -r .sciwrap/objects # which keep what the second run overwrote
    local first second
    read -r -d '' first second < <(ids) || true
    run "$SCIWRAP" diff "$first" "$second"
    is "$status" 1
    says 'out.txt: sha256 [0-9a-f]{12}, was [0-9a-f]{12}; where is not known: the content of the first run is gone'
}

@test "a rerun that came to the same keeps no outputs: its record tells what they were" {
    record tiny sh noisy.sh
    local id
    id=$(ids)
    "$SCIWRAP" rerun "$id" >/dev/null
    is "$(find .sciwrap/runs -name work)" ""
    succeeds "$SCIWRAP" diff "$id" "$(ids | tail -n 1)"
    is "${lines[0]}" 'equal after normalisation  data.gz: but for the header of gzip, as recorded with the rerun'
    # The other way round there is no such record.
    run "$SCIWRAP" diff "$(ids | tail -n 1)" "$id"
    is "$status" 1
    says 'data.gz: .*the content of the first run is gone'
}

@test "patterns to pass over, on the command line and in the definition" {
    local script='head -c 8 /dev/urandom | sha256sum | head -c 8 >r; { echo "took $(cat r) s"; echo result; } >log.txt; rm r'
    record tiny sh -c "$script"
    local id
    id=$(ids)
    run "$SCIWRAP" rerun "$id"
    is "$status" 1
    says 'different  log.txt: line 1, column ([6-9]|1[0-3])'
    succeeds "$SCIWRAP" rerun --ignore 'took [0-9a-f]+ s' "$id"
    is "${lines[0]}" 'equal after normalisation  log.txt: but for ignored patterns'
    define tiny "$(cat "$FIXTURES/envs/tiny.ini")" '[compare]' 'ignore = ^took .*' 'rtol = 1e-9'
    sed -i "s|^url = .*|url = $FIXTURES/tiny.tar|" "$BATS_TEST_TMPDIR/envs/tiny.ini"
    succeeds "$SCIWRAP" rerun "$id"
    is "$(field '(m["comparison"]["rules"]["ignore"], m["comparison"]["rules"]["rtol"])')" "(['^took .*'], 1e-09)"
}

@test "the record of a rerun holds the comparison, and show tells of it" {
    record tiny sh noisy.sh
    local id
    id=$(ids)
    "$SCIWRAP" rerun "$id" >/dev/null
    is "$(field 'm["rerun_of"]')" "$id"
    is "$(field 'm["comparison"]["with"]')" "$id"
    is "$(field 'sorted(m["comparison"]["counts"].items())')" "[('identical', 1), ('normalised', 4)]"
    is "$(field 'm["comparison"]["same_exit"]')" True
    is "$(field 'len(m["comparison"]["machine"])')" 12
    is "$(field '[o["detail"] for o in m["comparison"]["outputs"] if o["path"] == "data.gz"]')" "['the header of gzip']"
    succeeds "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says "compared     with $id: 1 identical, 4 normalised"
    "$SCIWRAP" rerun "$id" >/dev/null
    succeeds "$SCIWRAP" show "$id"
    says "confirmed    2 times on 1 machine, last 20[0-9]{2}-"
}

@test "the confirmations of a bundle are those of the project where it was rerun" {
    record tiny sh noisy.sh
    succeeds "$SCIWRAP" bundle "$(ids)" -o "$BATS_TEST_TMPDIR/one.sciwrap"
    mkdir -p "$BATS_TEST_TMPDIR/elsewhere" && cd "$BATS_TEST_TMPDIR/elsewhere"
    "$SCIWRAP" rerun ../one.sciwrap >/dev/null
    succeeds "$SCIWRAP" show ../one.sciwrap
    says 'confirmed    1 time on 1 machine'
}

@test "--json says where the outputs of a rerun that differs are" {
    record tiny sh -c 'head -c 8 /dev/urandom >r'
    run --separate-stderr "$SCIWRAP" rerun --json "$(ids)"
    is "$status" 1
    [[ -f $(python3 -c 'import json, sys; print(json.load(sys.stdin)["reruns"][0]["work"])' <<<"$output")/r ]]
}

@test "a rerun that differs is no confirmation" {
    record tiny sh -c 'head -c 8 /dev/urandom >r'
    local id
    id=$(ids)
    run "$SCIWRAP" rerun "$id"
    is "$status" 1
    succeeds "$SCIWRAP" show "$id"
    says 'confirmed    never; 1 rerun came out differently'
    # Another machine's record, and one that says a word of a later version.
    forged
    sed -i -E 's/"different": 1/"identical": 1/; s/"machine": "[0-9a-f]{12}"/"machine": "0123456789ab"/' "$(manifest)"
    succeeds "$SCIWRAP" show "$id"
    says 'confirmed    1 time on 1 machine'
    sed -i -E 's/"identical": 1/"probable": 1/' "$(manifest)"
    succeeds "$SCIWRAP" show "$id"
    says 'confirmed    never'
}

@test "--times tells which outputs ever changed" {
    record tiny sh -c 'head -c 8 /dev/urandom >r; echo 1 >one; echo 2 >two'
    run "$SCIWRAP" rerun --times 3 "$(ids)"
    is "$status" 1
    says 'rerun 1 of 3, [0-9a-f]{12}'
    says '3 reruns: 1 of 3 outputs ever changed'
    is "${lines[-1]}" '  r: 4 contents in 4 runs'
    is "$(ids | wc -l)" 4
    record tiny sh noisy.sh
    succeeds "$SCIWRAP" rerun --times 2 "$(ids | tail -n 1)"
    says '2 reruns: 4 of 5 outputs ever changed'
    says 'plot.pdf: 3 contents in 3 runs, equal after normalisation'
}

@test "what was different before the start comes first" {
    echo in >in.txt
    record --input in.txt tiny sh -c 'cat /etc/version >out.txt'
    rm out.txt
    record --input in.txt --env A=1 tiny-new sh -c 'cat /etc/version >out.txt'
    local first second
    read -r -d '' first second < <(ids) || true
    run "$SCIWRAP" diff "$first" "$second"
    is "$status" 1
    is "${lines[0]}" 'different before the start:'
    [[ ${lines[1]} =~ ^'  environment: tiny-new (sha256 '[0-9a-f]{12}'), was tiny (sha256 '[0-9a-f]{12}')'$ ]]
    is "${lines[2]}" '  variable TINY: none, was from the definition'
    is "${lines[3]}" '  variable A: 1, was none'
    [[ ${lines[4]} == different* ]]
}

@test "a rerun on the same machine names no difference before the start" {
    record --bind "$FIXTURES:/fixtures" tiny sh -c 'ls /fixtures/envs >/dev/null; echo 1 >out.txt'
    succeeds "$SCIWRAP" rerun "$(ids)"
    is "$output" identical
}

@test "standard output under another name is the same output" {
    "$SCIWRAP" exec tiny echo one >old.txt
    "$SCIWRAP" exec tiny echo one >new.txt
    local first second
    read -r -d '' first second < <(ids) || true
    succeeds "$SCIWRAP" diff "$first" "$second"
    is "$output" identical
    "$SCIWRAP" exec tiny echo two >two.txt
    run "$SCIWRAP" diff "$first" "$(ids | tail -n 1)"
    is "$status" 1
    says 'command: echo two, was echo one'
    says 'different  old.txt, now two.txt: line 1, column 1'
}

@test "work paths of the host are no difference" {
    mkdir a b
    echo x >a/in
    echo x >b/in
    (cd a && record tiny sh -c "cd '$WORK/a' && { pwd; cat in; } >out.txt")
    (cd b && record tiny sh -c "cd '$WORK/b' && { pwd; cat in; } >out.txt")
    is "$(head -n 1 a/out.txt)" "$WORK/a"
    succeeds "$SCIWRAP" diff a/.sciwrap/runs/*/manifest.json b/.sciwrap/runs/*/manifest.json
    says 'equal after normalisation  out.txt: but for work paths'
}

@test "missing, new, mode and links" {
    record tiny sh -c 'echo 1 >a; echo 1 >b; chmod 755 b; ln -s a c; mkdir d'
    mkdir "$BATS_TEST_TMPDIR/other"
    cd "$BATS_TEST_TMPDIR/other"
    record tiny sh -c 'echo 1 >b; ln -s b c; mkdir d; echo 1 >e; exit 3' || true
    run "$SCIWRAP" diff "$WORK"/.sciwrap/runs/*/manifest.json .sciwrap/runs/*/manifest.json
    is "$status" 1
    says $'\nmissing    a\n'
    says $'\ndifferent  b: mode 0644, was 0755\n'
    says $'\ndifferent  c: a link to \'b\', was to \'a\'\n'
    says $'\nnew        e\n'
    says $'\ndifferent  exit status: 3, was 0\n'
    is "${lines[-1]}" 'different: 4 of 5 outputs and the exit status; 1 identical'
}

@test "--json is for programs" {
    record tiny sh noisy.sh
    local id
    id=$(ids)
    quietly "$SCIWRAP" rerun --times 2 --json "$id"
    is "$(python3 -c '
import json, sys
m = json.load(sys.stdin)
r = m["reruns"]
print(m["schema"], len(r), r[0]["verdict"], r[0]["with"], r[0]["counts"], r[0]["differences"])
print(sorted((o["path"], o["verdict"]) for o in r[1]["outputs"])[1])
print([(c["path"], c["contents"], c["runs"], c["worst"]) for c in m["changed"]][0])
' <<<"$output")" "sciwrap-comparison/1 2 normalised $id {'identical': 1, 'normalised': 4} []
('plot.pdf', 'normalised')
('data.gz', 3, 3, 'normalised')"
    quietly "$SCIWRAP" diff --json "$id" "$(ids | tail -n 1)"
    is "$(python3 -c 'import json, sys; c = json.load(sys.stdin)["comparison"]; print(c["with"], c["same_exit"])' \
        <<<"$output")" "$id True"
}

@test "an output that attacks its reader is a difference, and nothing else" {
    record tiny sh -c 'r=$(head -c 8 /dev/urandom | sha256sum | head -c 8)
        printf "\033]0;%s\007\033[2J\n" $r >screen.txt; printf "\037\213\010\034\000\000%s" $r >bomb.gz
        printf "%%PDF-1.4\n/ID [%s\nstream\n%s" $r $r >cut.pdf'
    run "$SCIWRAP" rerun "$(ids)"
    is "$status" 1
    [[ $output != *$'\033'* ]]
    says 'then  \\x1b]0;'
    # The random digits may begin alike.
    says 'bomb.gz: at byte ([7-9]|1[0-4]); only the bytes were compared'
    says 'cut.pdf: before the first object'
}

@test "refuses what makes no sense" {
    "$SCIWRAP" run tiny exit 0
    local id
    id=$(ids)
    fails_with 125 "--rtol 'x': a number such as 1e-9" -- "$SCIWRAP" rerun --rtol x "$id"
    fails_with 125 "--atol '-1'" -- "$SCIWRAP" diff --atol=-1 "$id" "$id"
    fails_with 125 "the pattern '\('" -- "$SCIWRAP" rerun --ignore '(' "$id"
    fails_with 125 'matches the empty text' -- "$SCIWRAP" diff --ignore '.*' "$id" "$id"
    fails_with 125 "--times '0'" -- "$SCIWRAP" rerun --times 0 "$id"
    fails_with 125 'takes two runs' -- "$SCIWRAP" diff "$id"
    fails_with 125 'takes two runs' -- "$SCIWRAP" diff "$id" "$id" "$id"
    fails_with 125 'there is no run' -- "$SCIWRAP" diff "$id" ffffffffffff
    fails_with 125 'absent.json' -- "$SCIWRAP" diff ./absent.json "$id"
}

@test "what the second run found there and wrote once more is no missing output" {
    "$SCIWRAP" exec -q tiny sh -c 'echo same >p; echo 1 >q'
    local first
    first=$(field 'm["id"]')
    sleep 0.01
    "$SCIWRAP" exec -q tiny sh -c 'echo same >p; echo 2 >q'
    run --separate-stderr "$SCIWRAP" diff "$first" "$(field 'm["id"]')"
    is "$status" 1
    [[ $output != *missing* ]]
    is "${lines[-1]}" "different: 1 of 4 outputs; 3 identical"
}
