# shellcheck shell=bash
experiment 'SQLite 3.40' tools
make_data() { "$data" weather 91 40000 >weather.csv; }

step 'import a table, index, query' -- \
    sh -c 'sqlite3 weather.db <import.sql && sqlite3 -csv -header weather.db <query.sql >monthly.csv'
same weather.db monthly.csv

step 'a sample ORDER BY random()' -- \
    sqlite3 -init import.sql weather.db 'SELECT * FROM weather ORDER BY random() LIMIT 5'
same weather.db
differs different stdout 'random numbers of the kernel' '`--seed N`: below'

step 'the same with --seed 1' --seed 1 -- \
    sqlite3 -init import.sql weather.db 'SELECT * FROM weather ORDER BY random() LIMIT 5'
same weather.db stdout

step 'a table with the time of its making' -- sqlite3 log.db 'CREATE TABLE log AS SELECT CURRENT_TIMESTAMP AS made'
differs different log.db 'the time in the data' 'no setting: the clock is not faked; leave the column out'
