#!/usr/bin/env bats
# sciwrap cite: what a methods section needs to say of a run.
load helpers

setup_file() {
    own_places
    "$SCIWRAP" pull tiny 3>&- 2>"$BATS_FILE_TMPDIR/pull.log" || {
        cat "$BATS_FILE_TMPDIR/pull.log" >&2
        return 1
    }
    make_debian >"$BATS_FILE_TMPDIR/debian.log" 2>&1 || {
        cat "$BATS_FILE_TMPDIR/debian.log" >&2
        return 1
    }
}

setup() {
    own_places
    export SCIWRAP_ENVS=$BATS_FILE_TMPDIR/envs:$FIXTURES/envs SCIWRAP_RECIPES=$BATS_TEST_TMPDIR/recipes
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
}

# package NAME VERSION PATH...: a package of copies of busybox, installed by the dpkg of this host.
package() {
    local name=$1 version=$2 here=$BATS_FILE_TMPDIR/package path
    shift 2
    rm -rf "$here"
    mkdir -p "$here/DEBIAN"
    for path in "$@"; do
        mkdir -p "$here$(dirname "$path")"
        cp "$FIXTURES/busybox" "$here$path"
    done
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMulti-Arch: %s\nMaintainer: nobody <a@example.org>\nDescription: %s\n' "$name" \
        "$version" "$(dpkg --print-architecture)" "${multi:-no}" "a tool" >"$here/DEBIAN/control"
    chmod 755 "$here/DEBIAN"
    dpkg-deb -b "$here" "$BATS_FILE_TMPDIR/it.deb" || return
    dpkg --root="$tree" --force-not-root --force-bad-path --force-script-chrootless --no-triggers --log=/dev/null \
        -i "$BATS_FILE_TMPDIR/it.deb"
}

# The environment "debian": a tree as dpkg makes it, with /bin a link to /usr/bin, alternatives, and a file of nobody.
make_debian() {
    local tree=$BATS_FILE_TMPDIR/tree multi
    mkdir -p "$tree"/{usr/bin,usr/lib,etc/alternatives,proc,sys,dev,tmp,run,var/tmp,home,root,var/lib/dpkg/{info,updates,triggers}}
    ln -s usr/bin "$tree/bin"
    : >"$tree/var/lib/dpkg/status"
    package shell 5.2-1+b1 /bin/sh || return # by its name before the merge
    package sorter 1:2.0~rc1-3 /usr/bin/sort /usr/bin/uniq || return
    multi=same package catter 9.1-1 /usr/bin/cat.real || return
    ln -s cat.real "$tree/usr/bin/cat"
    cp "$FIXTURES/busybox" "$tree/usr/bin/wc"
    ln -s /etc/alternatives/order "$tree/usr/bin/order"
    ln -s /usr/bin/sort "$tree/etc/alternatives/order"
    printf 'NAME=x\nPRETTY_NAME="Debian GNU/Linux 99 (tests & more)"\n' >"$tree/etc/os-release"
    [[ -n $(ls "$tree"/var/lib/dpkg/info/catter:*.list) ]] || return
    tar -C "$tree" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1600000000 -cf "$BATS_FILE_TMPDIR/debian.tar" .
    mkdir -p "$BATS_FILE_TMPDIR/envs"
    printf '[environment]\ndescription = a shell and %s\nlicense = MIT\ncitation = Doe J, A_tool & more, 50%%, doi:10.1234/abc_d\n' \
        'tools' >"$BATS_FILE_TMPDIR/envs/debian.ini"
    printf '[artifact]\nsha256 = %s\nurl = ../debian.tar\nrecipe = it\n' "$(sha256 "$BATS_FILE_TMPDIR/debian.tar")" \
        >>"$BATS_FILE_TMPDIR/envs/debian.ini"
    SCIWRAP_ENVS=$BATS_FILE_TMPDIR/envs "$SCIWRAP" pull debian 3>&-
}

id() {
    basename "$(dirname "$(manifest)")"
}

@test "the facts of a run, as a paragraph and its digests" {
    echo content >in.txt
    "$SCIWRAP" exec --env MODE='a b' tiny sh -c 'cat in.txt in.txt >out.txt; echo told' --seed 42 2>/dev/null | cat
    quietly "$SCIWRAP" cite "$(id)"
    says 'by sciwrap [0-9]'
    says 'in the environment tiny \(the tiny environment of the tests\)'
    says "\"sh -c 'cat in.txt in.txt >out.txt; echo told' --seed 42\", with 'MODE=a b' and 'TINY=from the definition'"
    says 'Its arguments set a seed: --seed 42\.'
    says 'It read 1 file \(8 B\) and wrote 2 files \(21 B\)'
    says 'without access to a network, in user, mount, PID, IPC, UTS, network'
    says "Linux $(uname -r)"
    says "sciwrap rerun $(id)"
    says "sha256 $(sha256 in.txt)  in.txt \(8 B\)"
    says "sha256 $(sha256 out.txt)  out.txt \(16 B\)"
    says "\(standard output\) \(5 B\)"
    says "record      sha256 $(sha256 "$(manifest)")  $(id)"
    says "environment sha256 $(sha256 "$FIXTURES/tiny.tar")  tiny"
    [[ ! $output =~ Debian|package ]]
    "$SCIWRAP" exec tiny sh -c 'exit 3' || is $? 3
    quietly "$SCIWRAP" cite "$(id)"
    says 'ended with exit status 3\.'
    says 'It read no file and wrote no file\.'
}

@test "programs are named with the packages that own them" {
    # By their paths: busybox's shell would do them itself.
    "$SCIWRAP" exec debian sh -c 'echo b | /bin/cat | /usr/bin/sort | /usr/bin/uniq | /bin/wc >out.txt; /usr/bin/order || :' \
        2>/dev/null
    quietly "$SCIWRAP" cite "$(id)"
    says 'sh \(Debian package shell 5\.2-1\+b1\)'
    says 'cat\.real \(Debian package catter 9\.1-1\)'
    says 'sort and uniq \(Debian package sorter 1:2\.0~rc1-3\)'
    says "wc \(sha256 $(sha256 "$FIXTURES/busybox" | cut -c1-12)\)"
    says 'a root file system of 3 packages of Debian GNU/Linux 99 \(tests & more\), pinned'
}

@test "the state of the archive is told when the lock names these packages" {
    "$SCIWRAP" exec debian sh -c 'echo x >out.txt'
    mkdir -p "$SCIWRAP_RECIPES"
    printf '[lock]\nsnapshot = 20240901T083152Z\n[package]\nname = catter\nversion = 9.1-1\n[package]\nname = shell\nversion = 5.2-1+b1\n' \
        >"$SCIWRAP_RECIPES/it.lock"
    quietly "$SCIWRAP" cite "$(id)"
    [[ ! $output =~ snapshot ]]
    printf '[package]\nname = sorter\nversion = 1:2.0~rc1-3\n' >>"$SCIWRAP_RECIPES/it.lock"
    quietly "$SCIWRAP" cite "$(id)"
    says '\(tests & more\), archive snapshot of 1 September 2024, pinned'
    sed -i 's/9\.1-1/9.1-2/' "$SCIWRAP_RECIPES/it.lock"
    quietly "$SCIWRAP" cite "$(id)"
    [[ ! $output =~ snapshot ]]
}

@test "a program of the work directory is no package's" {
    cp "$FIXTURES/busybox" sort
    "$SCIWRAP" exec debian sh -c './sort </dev/null >out.txt'
    quietly "$SCIWRAP" cite "$(id)"
    says "sort \(a file of the host, sha256 $(sha256 sort | cut -c1-12)\)"
}

@test "reruns are counted by their comparisons" {
    forged
    "$SCIWRAP" exec tiny sh -c 'echo x >out.txt'
    local first
    first=$(id)
    quietly "$SCIWRAP" cite "$first"
    [[ ! $output =~ 'run again' ]]
    python3 - "$first" <<'PYTHON'
import json, os, sys
first = sys.argv[1]
m = json.load(open(".sciwrap/runs/%s/manifest.json" % first))
for i, (machine, counts, same) in enumerate([("aaaaaaaaaaaa", {"identical": 2}, True), ("bbbbbbbbbbbb", {"identical": 1, "normalised": 1}, True),
                                             ("aaaaaaaaaaaa", {"tolerated": 1, "different": 1}, False)]):
    m["id"] = "00000000000%d" % i
    m["rerun_of"] = first
    m["comparison"] = {"with": first, "same_exit": same, "counts": counts, "outputs": [], "machine": machine}
    os.mkdir(".sciwrap/runs/" + m["id"])
    json.dump(m, open(".sciwrap/runs/%s/manifest.json" % m["id"], "w"))
PYTHON
    quietly "$SCIWRAP" cite "$first"
    says 'It was run again 3 times, on 2 machines: of 6 outputs compared 3 were identical byte for byte, 1 was equal after normalisation, 1 was within tolerance, 1 was different; 1 time it ended in another way\.'
}

@test "csl-json holds the references as data" {
    "$SCIWRAP" exec debian sh -c '/usr/bin/sort /dev/null >out.txt'
    quietly "$SCIWRAP" cite --format csl-json "$(id)"
    python3 - <<PYTHON
import json
items = {i["id"]: i for i in json.loads(r'''$output''')}
assert items["sciwrap-run-$(id)"]["issued"]["date-parts"][0][0] >= 2024
assert "$(sha256 "$(manifest)")" in items["sciwrap-run-$(id)"]["note"]
assert items["sciwrap"]["type"] == "software" and items["sciwrap"]["version"]
assert "$(sha256 "$BATS_FILE_TMPDIR/debian.tar")" in items["sciwrap-env-debian"]["note"]
assert items["sciwrap-pkg-sorter"]["version"] == "1:2.0~rc1-3"
assert items["sciwrap-pkg-shell"]["version"] == "5.2-1+b1"
assert items["sciwrap-ref-debian"]["DOI"] == "10.1234/abc_d"
assert len(items) == 6
PYTHON
}

@test "bibtex and latex take odd names, and compile" {
    local name=$'o{d}d \\_na#me% & $x^2~ --"q" \xc3\xa9.txt'
    # shellcheck disable=SC2016
    "$SCIWRAP" exec debian sh -c 'echo x >"$1"' sh "$name"
    quietly "$SCIWRAP" cite --format bibtex "$(id)"
    says '@misc\{sciwrap-env-debian,'
    says 'title = \{\{Doe J, A\\_tool \\& more, 50\\%, doi:10.1234/abc\\_d\}\}'
    is "$(tr -cd '{' <<<"$output" | wc -c)" "$(tr -cd '}' <<<"$output" | wc -c)"
    echo "$output" >refs.bib
    quietly "$SCIWRAP" cite --format latex "$(id)"
    says '\\begin\{itemize\}'
    says 'o\\textbraceleft\{\}d\\textbraceright\{\}d\\ \\textbackslash\{\}\\_na\\#me\\%\\ \\&'
    if command -v pdflatex >/dev/null && command -v bibtex >/dev/null; then
        {
            printf '\\documentclass{article}\n\\begin{document}\n\\nocite{*}\n%s\n' "$output"
            printf '\\bibliographystyle{plain}\\bibliography{refs}\n\\end{document}\n'
        } >t.tex
        pdflatex -interaction=nonstopmode -halt-on-error t.tex
        bibtex t
        pdflatex -interaction=nonstopmode -halt-on-error t.tex
    fi
}

@test "markdown takes odd names" {
    # shellcheck disable=SC2016
    "$SCIWRAP" exec debian sh -c 'echo x >"$1"' sh $'a`b\n*c*|d'
    quietly "$SCIWRAP" cite --format markdown "$(id)"
    # shellcheck disable=SC2016
    says '- output: sha256 `[0-9a-f]{64}`, ``a`b\\n\*c\*\|d`` \(2 B\)'
    says '- reference: Doe J, A\\_tool \\& more, 50%, doi:10.1234/abc\\_d'
}

@test "without the environment the rest is told, and what is missing" {
    "$SCIWRAP" exec debian sh -c 'echo x >out.txt'
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/none
    succeeds "$SCIWRAP" cite "$(id)"
    notes "the environment 'debian' is not in the store: versions of packages are left out; 'sciwrap pull debian' brings it"
    says 'The program sh'
    says 'in the environment debian \(a shell and tools\), a root file system, pinned by'
    [[ ! $output =~ package ]]
    # Another environment's definition of the same name says nothing of this one.
    cp "$(manifest)" ../copy.json
    sed -i '/"definition": {/,/}/d' ../copy.json
    define debian '[environment]' 'description = another' 'license = GPL' '[artifact]' "sha256 = $(printf %064d 1)"
    succeeds "$SCIWRAP" cite ../copy.json
    [[ ! $output =~ GPL|another ]]
}

@test "what cannot be cited" {
    fails_with 125 'no run named' -- "$SCIWRAP" cite
    fails_with 125 'takes one run' -- "$SCIWRAP" cite a b
    fails_with 125 "format 'word'.*expected text, markdown, latex, bibtex or csl-json" -- "$SCIWRAP" cite --format word a
    fails_with 125 'no runs are recorded' -- "$SCIWRAP" cite 0123456789ab
    echo '{}' >x.json
    fails_with 125 'x.json' -- "$SCIWRAP" cite x.json
}
