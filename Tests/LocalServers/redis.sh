#!/usr/bin/env bash
# A Redis of its own in a new folder, on a port and a socket: redis.sh BIN PASSWORD
# Writes the port and the folder; then does what each line of input says (start, crash, freeze, thaw, cut) and writes the line again when it
# is done. At the end of the input, however that came about, nothing of it runs any more, and the folder is gone.
set -u
bin=$1 password=$2
folder=$(mktemp -d /tmp/tessera-redis-XXXXXX) || exit 1
server= port=
ask() { REDISCLI_AUTH=$password "$bin/redis-cli" -s "$folder/socket" "$@"; }
crash() {
    [ -n "$server" ] || return 0
    kill -9 "$server"
    wait "$server" || true
    server=
}
start() {
    rm -f "$folder/socket"
    "$bin/redis-server" "$folder/redis.conf" --port "$port" >>"$folder/out" 2>&1 </dev/null &
    server=$!
    until [ "$(ask PING 2>&1)" = PONG ]; do
        kill -0 "$server" || return 1
        sleep 0.05
    done
}
freeze() { kill -STOP "$server"; }
thaw() { kill -CONT "$server"; }
cut() { ask CLIENT KILL TYPE normal SKIPME yes; }
{
    # What a server has acknowledged is on disk: that is what is tried here.
    cat >"$folder/redis.conf" <<END
dir $folder
bind 127.0.0.1
unixsocket $folder/socket
unixsocketperm 777
save ""
appendonly yes
appendfsync always
requirepass $password
user tessera on >$password ~* &* +@all
user guest on >$password ~allowed* &* +@read +@write +@connection
END
    chmod 755 "$folder"
    # Somebody else may take the port meanwhile.
    for _ in 1 2 3 4 5; do port=$(free) && start && break; done
    [ "$(ask PING)" = PONG ]
} >"$folder/setup" 2>&1 </dev/null || {
    cat "$folder/setup" "$folder/out" >&2
    crash >/dev/null 2>&1
    rm -rf "$folder"
    exit 1
}
echo "$port $folder"
while read -r word; do
    case $word in
    start | crash | freeze | thaw | cut) "$word" >>"$folder/setup" 2>&1 </dev/null && echo "$word" || echo failed ;;
    esac
done
crash >/dev/null 2>&1
rm -rf "$folder"
