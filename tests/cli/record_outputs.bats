#!/usr/bin/env bats
# What is different after a run: each thing that can become of a file, by each call that can do it.
load helpers
load record

mode_is() { # OUTPUT MODE
    is "$(field "[o['mode'] for o in m['experiment']['outputs'] if o['path'] == '$1']")" "['$2']"
}

@test "created, whichever call created" {
    local how
    for how in 'open new wc write x' 'openat new +c write x' 'openat2 new wcx write x' 'creat new write x' \
        'tmpfile . write x name new' 'open other wc write x close rename other new'; do
        anew
        # shellcheck disable=SC2086
        acts $how
        tells 'out new created "x"' || { echo "$how"; return 1; }
        reruns
    done
    for how in mkdir mkdirat; do
        anew sub/there=x
        acts $how new $how sub/new
        tells_files 'out new/ created' 'out sub/new/ created'
        reruns
    done
    for how in mknod mknodat; do
        anew
        acts $how new
        tells 'out new created other' || { echo "$how"; return 1; }
    done
}

@test "modified, whichever call opened" {
    local how
    for how in 'open data w pwrite 0 N' 'openat data + pwrite 0 N' 'openat2 data w pwrite 0 N' 'creat data write Nld' \
        'open data wa close open data w write N' 'open data r close openat data w write N'; do
        anew data=old
        # shellcheck disable=SC2086
        acts $how
        tells 'in data "old" kept' 'out data modified "Nld"' || { echo "$how"; return 1; }
        reruns
    done
}

@test "appended to" {
    anew log=one
    acts open log wa write two
    tells 'in log "one" kept' 'out log modified "onetwo"'
    reruns
    quietly "$SCIWRAP" exec tiny sh -c 'printf three >>log; printf x >>new; printf y >>new'
    tells 'in log "onetwo" kept' 'out log modified "onetwothree"' 'out new created "xy"'
    reruns
}

@test "overwritten, and its old content too large to be kept" {
    anew log=before
    quietly "$SCIWRAP" exec --keep-limit 3 tiny sh -c 'echo after >log'
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "nothing is kept on this host"
    is "$(field "[l['detail'] for l in m['leaks'] if l['kind'] == 'record']")" \
        "[\"'log' is not among the inputs: larger than the limit for keeping old contents\"]"
}

@test "written through a mapping, also after the file was closed" {
    anew data=old_
    acts open data + map poke 0 NEW
    tells 'in data "old_" kept' 'out data modified "NEW_"'
    reruns
    anew data=old_
    acts open data + map open data r sleep 300 poke 2 DD
    tells 'in data "old_" kept' 'out data modified "olDD"'
    anew
    acts open made +c ftruncate 4 map poke 1 xy
    tells 'out made created "\x00xy\x00"'
    reruns
}

@test "deleted, whichever call deleted" {
    anew a=1 b=2 dir/x=3
    mkdir empty empty2
    acts unlink a unlinkat b unlink dir/x rmdir dir rmdirat empty rmdir empty2
    tells 'in a "1" kept' 'in b "2" kept' 'in dir/' 'in dir/x "3" kept' 'in empty/' 'in empty2/' 'out a deleted' \
        'out b deleted' 'out dir/ deleted' 'out dir/x deleted' 'out empty/ deleted' 'out empty2/ deleted'
    reruns
    anew
    ln -s nowhere link
    acts unlink link
    tells 'in link -> nowhere' 'out link deleted'
}

@test "renamed, whichever call renamed" {
    local call
    for call in rename renameat renameat2 noreplace; do
        anew data=old sub/keep=x
        acts $call data sub/moved
        tells_files 'in data "old"' 'out sub/moved renamed from data "old"' || { echo $call; return 1; }
        reruns || { echo $call; return 1; }
    done
    anew data=old
    acts rename data a rename a b rename b c
    tells 'in data "old"' 'out c renamed from data "old"'
    anew data=old
    acts rename data a rename a data
    tells 'in data "old"'
    anew data=old
    acts rename data moved open moved wa write er
    tells 'in data "old" kept' 'out moved renamed from data "older"'
    reruns
    anew data=old
    acts rename data moved creat data write new
    tells 'in data "old"' 'out data modified "new"' 'out moved renamed from data "old"'
    reruns
    anew data=old
    acts rename data data
    [[ $(told) != *out* ]]
}

@test "what was renamed is in the bundle" {
    anew a=one b=two
    acts rename a moved exchange b moved
    succeeds "$SCIWRAP" bundle "$(basename "$(dirname "$(manifest)")")" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    anew
    succeeds "$SCIWRAP" rerun "$BATS_TEST_TMPDIR/x.sciwrap"
}

@test "exchanged" {
    anew a=one b=two
    acts exchange a b
    tells 'in a "one"' 'in b "two"' 'out a modified "two"' 'out b modified "one"'
    reruns
    anew a=one b=two
    acts exchange a b exchange a b
    tells 'in a "one"' 'in b "two"'
    anew a=one
    acts creat made write new exchange a made
    tells 'in a "one"' 'out a modified "new"' 'out made renamed from a "one"'
    reruns
}

@test "a change of mode" {
    local call
    for call in chmod fchmodat; do
        anew data=old
        acts $call 600 data
        tells 'in data "old"' 'out data mode "old"' || { echo $call; return 1; }
        mode_is data 0600
        reruns
        acts $call 600 data
        [[ $(told) != *out* ]]
        anew data=old
        acts $call 640 data open data wa write er
        tells 'in data "old" kept' 'out data modified "older"'
        mode_is data 0640
    done
    anew data=old
    mkdir dir
    chmod 755 dir
    acts chmod 700 dir
    is "$(told | grep out)" 'out dir/ mode'
    anew data=old
    acts rename data moved chmod 755 moved
    tells 'in data "old"' 'out moved renamed from data "old"'
    mode_is moved 0755
}

@test "a change of mode by the newest call" {
    anew data=old
    run "$SCIWRAP" exec tiny act fchmodat2 600 data
    [[ $output != *"not implemented"* ]] || skip "this kernel has no fchmodat2"
    tells 'in data "old"' 'out data mode "old"'
}

@test "mv tmp final" {
    anew
    acts creat tmp write new rename tmp final
    tells 'out final created "new"'
    anew final=old
    acts creat tmp write new rename tmp final
    tells 'in final "old" kept' 'out final modified "new"'
    reruns
    anew final=same
    acts creat tmp write same rename tmp final
    tells 'in final "same" kept'
    anew final=old # through a backup
    acts rename final final.bak creat tmp write new rename tmp final
    tells 'in final "old"' 'out final modified "new"' 'out final.bak renamed from final "old"'
    reruns
    anew final=old
    acts rename final final.bak creat final write new unlink final.bak
    tells 'in final "old" kept' 'out final modified "new"'
    reruns
}

@test "written and then deleted is nothing" {
    anew
    acts creat tmp write x unlink tmp mkdir dir creat dir/y write y unlink dir/y rmdir dir symlink a b unlink b
    tells ''
    anew data=old
    acts unlink data creat data write old
    tells 'in data "old" kept'
    anew data=old
    acts unlink data creat data write new
    tells 'in data "old" kept' 'out data modified "new"'
    anew data=old
    acts open data r unlink data cat # read to the end after it is gone
    is "$output" old
    tells 'in data "old" kept' 'out data deleted'
}

@test "sparse files" {
    anew
    truncate -s 100M sparse
    printf x >>sparse
    acts open sparse w pwrite 50000000 middle open made wc ftruncate 200000000 pwrite 100000000 there
    tells 'in sparse 104857601 bytes kept' 'out made created 200000000 bytes' \
        'out sparse modified 104857601 bytes'
    reruns
}

@test "one thing in place of another" {
    anew data=old
    acts unlink data mkdir data creat data/below write x
    tells 'in data "old" kept' 'out data/ modified' 'out data/below created "x"'
    reruns
    anew dir/x=old
    acts unlink dir/x rmdir dir creat dir write file
    tells 'in dir/' 'in dir/x "old" kept' 'out dir modified "file"' 'out dir/x deleted'
    reruns
    anew data=old
    acts unlink data mknod data
    tells 'in data "old" kept' 'out data modified other'
}

@test "names with newlines, bytes that are no UTF-8, blanks and dashes" {
    local name
    for name in $'two\nlines' $'caf\xe9' $'\xff\xfe' ' ' '-n' $'tab\t' '"' '\' "$(printf 'x%.0s' {1..255})"; do
        anew
        printf old >"$name"
        mkdir "d$name" 2>/dev/null || mkdir d
        acts open "$name" + cat write er rename "$name" "d${name:0:200}x" - unlink "$name"
        is "$(told | wc -l)" 2
        [[ $(told) != *WRONG* ]]
        [[ $(told | head -n 1) == *'"old" kept' ]]
        [[ $(told | tail -n 1) == *'renamed from'*'"older"' ]]
        reruns
    done
}

@test "a folder that is moved takes its files along" {
    anew dir/a=one dir/sub/b=two
    acts rename dir moved open moved/a r open moved/sub/b wa write !
    tells 'in dir/' 'in dir/a "one"' 'in dir/sub/' 'in dir/sub/b "two" kept' 'out moved/ renamed from dir' \
        'out moved/a renamed from dir/a "one"' 'out moved/sub/ renamed from dir/sub' \
        'out moved/sub/b renamed from dir/sub/b "two!"'
    reruns
}

@test "a folder swapped while the run goes on" {
    anew dir/data=old new/data=new
    acts open dir/data r cat rename dir gone rename new dir open dir/data r cat
    is "$output" oldnew
    [[ $(told) == *'in dir/data "old"'*'in new/data "new"'* ]]
    is "$(told | grep -c WRONG)" 0
    reruns
    anew dir/data=old new/data=new
    acts exchange dir new open dir/data r cat open new/data wa write er
    is "$output" new
    [[ $(told) == *'in dir/data "old" kept'*'in new/data "new"'* ]]
    is "$(told | grep -c WRONG)" 0
    reruns
    anew dir/data=old new/data=new # from the current folder
    acts chdir dir exchange ../dir ../new open data r cat open ../dir/data r cat
    is "$output" oldnew
    [[ $(told) == *'in dir/data "old"'*'in new/data "new"'* ]]
    reruns
}

@test "calls that fail change nothing in the record" {
    anew data=old dir/x=y
    chmod 444 data
    acts - rename nothing else - link nothing else - mkdir dir - rmdir dir - unlink none - symlink x data - creat dir \
        - rename data no/where - exchange data none - open dir w - truncate none 0 - mknod data
    [[ $(told) != *out* ]]
}

@test "what lies below a bound folder is recorded under the name inside" {
    anew
    mkdir "$BATS_TEST_TMPDIR/beside"
    printf old >"$BATS_TEST_TMPDIR/beside/data"
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/beside:/beside:rw" tiny act open /beside/data wa write er creat /beside/new
    is "$(field '[(i["path"], i.get("kept")) for i in m["experiment"]["inputs"]]')" "[('/beside', None), ('/beside/data', True)]"
    is "$(field 'sorted((o["path"], o["change"]) for o in m["experiment"]["outputs"] if o["path"] > "/c" or o["path"] < "/c")' | grep -o "('/beside[^)]*)" | tr '\n' ' ')" \
        "('/beside/data', 'modified') ('/beside/new', 'created') "
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/beside:/beside" tiny act open /beside/data r - open /beside/data w
    is "$(field '[(i["path"], i.get("kept")) for i in m["experiment"]["inputs"]]')" "[('/beside/data', None)]"
}

@test "what is the run's own leaves no trace: /tmp, home, /dev/shm" {
    anew
    acts creat /tmp/x write x open /tmp/x r rename /tmp/x /tmp/y creat /dev/shm/z creat /home/researcher/h
    tells ''
}

@test "a change of mode through a descriptor" {
    anew data=old
    acts open data r fchmod 600
    tells 'in data "old"' 'out data mode "old"'
    reruns
    anew data=old
    acts open data w fchmod 600
    tells 'in data "old" kept' 'out data mode "old"'
}

@test "a socket that was bound" {
    anew
    acts socket new
    tells 'out new created other'
}
