#!/usr/bin/env bash
# An SMTP server of the tests' own in a new folder, on a port of its own: smtp.sh PYTHON PASSWORD SECURITY SCRIPT
# SECURITY is starttls, tls or none; SCRIPT is the text of smtp.py. Writes the port and the folder, in which lie `certificate.pem`, and in
# `mails` what was accepted; then does what each line of input says and writes the line again when it is done:
#   start | crash | freeze | thaw   of the server
#   faults RULES                    which mails fail how, see smtp.py; of a server that runs and one that is started later
# At the end of the input, however that came about, nothing of it runs any more, and the folder is gone.
set -u
python=$1 password=$2 security=$3 script=$4
folder=$(mktemp -d /tmp/tessera-smtp-XXXXXX) || exit 1
server= port=
crash() {
    [ -n "$server" ] || return 0
    kill -9 "$server"
    wait "$server" || true
    server=
}
start() {
    rm -f "$folder/ready"
    "$python" "$folder/smtp.py" "$folder" "$port" "$password" "$security" >>"$folder/out" 2>&1 </dev/null &
    server=$!
    until [ -e "$folder/ready" ]; do
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.05
    done
}
freeze() { kill -STOP "$server"; }
thaw() { kill -CONT "$server"; }
# Read by the server before each answer.
faults() {
    printf '%s\n' "$*" >"$folder/faults.part"
    mv "$folder/faults.part" "$folder/faults"
}
{
    mkdir "$folder/mails"
    chmod 755 "$folder"
    printf '%s' "$script" >"$folder/smtp.py"
    faults
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$folder/key.pem" -out "$folder/certificate.pem"
    for _ in 1 2 3 4 5; do
        port=$(free)
        start && break
    done
} >"$folder/start" 2>&1
[ -n "$server" ] && kill -0 "$server" && echo "$port $folder"
while IFS= read -r line; do
    # shellcheck disable=SC2086
    if $line >>"$folder/start" 2>&1; then echo "$line"; else echo failed; fi
done
crash 2>/dev/null
rm -rf "$folder"
