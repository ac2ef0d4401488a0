#!/usr/bin/env bash
# A NATS with JetStream of its own in a new folder, on a port of its own: nats.sh BIN PASSWORD
# Writes the port; then does what each line of input says (start, crash, freeze, thaw, stream NAME SUBJECT) and writes the line again when it is done. At the end of
# the input, however that came about, nothing of it runs any more, and the folder is gone.
set -u
bin=$1 password=$2
folder=$(mktemp -d /tmp/tessera-nats-XXXXXX) || exit 1
server= port=
crash() {
    [ -n "$server" ] || return 0
    kill -9 "$server"
    wait "$server" || true
    server=
}
start() {
    : >"$folder/log"
    "$bin/nats-server" -c "$folder/nats.conf" -p "$port" >>"$folder/out" 2>&1 </dev/null &
    server=$!
    until grep -q "Server is ready" "$folder/log"; do
        kill -0 "$server" || return 1
        sleep 0.05
    done
}
# Asks the server to make a stream of one subject, in the words of its protocol.
stream() { # NAME SUBJECT
    local question="{\"name\":\"$1\",\"subjects\":[\"$2\"],\"num_replicas\":1}" answer
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'CONNECT {"verbose":false,"user":"tessera","pass":"%s"}\r\nSUB _INBOX.tests 1\r\nPUB $JS.API.STREAM.CREATE.%s _INBOX.tests %d\r\n%s\r\n' \
        "$password" "$1" "${#question}" "$question" >&3
    while read -r -t 60 answer <&3; do
        case $answer in *'"did_create":true'*) exec 3>&-; return ;; *'"error"'* | -ERR*) break ;; esac
    done
    exec 3>&-
    return 1
}
freeze() { kill -STOP "$server"; }
thaw() { kill -CONT "$server"; }
{
    cat >"$folder/nats.conf" <<END
host: "127.0.0.1"
log_file: "$folder/log"
max_payload: 10MB
jetstream { store_dir: "$folder/store" }
authorization {
  users: [
    {user: tessera, password: "$password"}
    {user: guest, password: "$password", permissions: {publish: "nothing", subscribe: "_INBOX.>"}}
  ]
}
END
    # Somebody else may take the port meanwhile.
    for _ in 1 2 3 4 5; do port=$(free) && start && break; done
    kill -0 "$server"
} >"$folder/setup" 2>&1 </dev/null || {
    cat "$folder/setup" "$folder/out" "$folder/log" >&2
    crash >/dev/null 2>&1
    rm -rf "$folder"
    exit 1
}
echo "$port"
set -f # Subjects are no patterns.
while read -r word; do
    case $word in
    start | crash | freeze | thaw) "$word" >>"$folder/setup" 2>&1 </dev/null && echo "$word" || echo failed ;;
    "stream "*) $word >>"$folder/setup" 2>&1 </dev/null && echo "$word" || echo failed ;;
    esac
done
crash >/dev/null 2>&1
rm -rf "$folder"
