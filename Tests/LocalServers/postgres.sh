#!/usr/bin/env bash
# A PostgreSQL of its own in a new folder, on a socket there: server.sh BIN
# Writes the folder; then does what each line of input says (start, crash) and writes the line again when it is done. At the end of the
# input, however that came about, the server is stopped and the folder is gone.
set -u
bin=$1
folder=$(mktemp -d /tmp/tessera-postgres-XXXXXX) || exit 1
data=$folder/data
crash() { "$bin/pg_ctl" -D "$data" -m immediate -w stop; }
start() { "$bin/pg_ctl" -D "$data" -l "$folder/log" -w -t 120 start; }
{
    cd "$folder" &&
        "$bin/initdb" -D "$data" -U tessera -A trust -E UTF8 --locale=C &&
        {
            echo "listen_addresses = ''"
            echo "unix_socket_directories = '$folder'"
            echo "fsync = off"
            echo "max_connections = 60"
        } >>"$data/postgresql.conf" &&
        sed -i '1i local all guarded scram-sha-256' "$data/pg_hba.conf" &&
        start
} >"$folder/setup" 2>&1 </dev/null || {
    cat "$folder/setup" >&2
    rm -rf "$folder"
    exit 1
}
echo "$folder"
while read -r word; do
    case $word in
    start | crash) "$word" >>"$folder/setup" 2>&1 </dev/null && echo "$word" || echo failed ;;
    esac
done
crash >/dev/null 2>&1
rm -rf "$folder"
