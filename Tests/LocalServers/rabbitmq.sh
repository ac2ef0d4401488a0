#!/usr/bin/env bash
# A RabbitMQ of its own in a new folder, with a node, a port and a name service (epmd) of its own: rabbitmq.sh BIN PASSWORD
# Writes the port; then does what each line of input says (start, crash, cut) and writes the line again when it is done. At the end of the
# input, however that came about, nothing of it runs any more, and the folder is gone.
set -u
bin=$1 password=$2
folder=$(mktemp -d /tmp/tessera-rabbitmq-XXXXXX) || exit 1
export HOME=$folder ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=tessera-$$@localhost RABBITMQ_MNESIA_BASE=$folder/mnesia
export RABBITMQ_LOG_BASE=$folder/log RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins
export RABBITMQ_CONF_ENV_FILE=$folder/none RABBITMQ_PID_FILE=$folder/pid RABBITMQ_GENERATED_CONFIG_DIR=$folder/config
export RABBITMQ_FEATURE_FLAGS_FILE=$folder/flags RABBITMQ_ADVANCED_CONFIG_FILE=$folder/none.config LC_ALL=C.UTF-8
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
names= server=
ERL_EPMD_PORT=$(free) RABBITMQ_NODE_PORT=$(free) RABBITMQ_DIST_PORT=$(free)
export ERL_EPMD_PORT RABBITMQ_NODE_PORT RABBITMQ_DIST_PORT
crash() {
    [ -n "$server" ] || return 0
    kill -9 -- "-$server" # With all that it started.
    wait "$server"
    server=
}
start() {
    rm -f "$folder"/log/*.log
    setsid "$bin/rabbitmq-server" >>"$folder/out" 2>&1 </dev/null &
    server=$!
    until grep -qs "Server startup complete" "$folder"/log/*.log; do
        kill -0 "$server" || return 1
        sleep 0.1
    done
}
cut() { "$bin/rabbitmqctl" close_all_connections "asked to"; }
finish() {
    crash
    [ -z "$names" ] || kill -9 "$names"
    rm -rf "$folder"
}
{
    echo "[]." >"$folder/plugins"
    cat >"$folder/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:$RABBITMQ_NODE_PORT
load_definitions = $folder/definitions.json
log.file.level = info
log.console = false
disk_free_limit.absolute = 1MB
END
    cat >"$folder/definitions.json" <<END
{"vhosts":[{"name":"/"},{"name":"shop"}],
 "users":[{"name":"tessera","password":"$password","tags":""},{"name":"guest","password":"$password","tags":""}],
 "permissions":[{"user":"tessera","vhost":"/","configure":".*","write":".*","read":".*"},
  {"user":"tessera","vhost":"shop","configure":".*","write":".*","read":".*"},
  {"user":"guest","vhost":"/","configure":"^$","write":"^$","read":"^$"}],
 "queues":[{"name":"orders","vhost":"/","durable":true,"auto_delete":false,"arguments":{}}],"exchanges":[],"bindings":[]}
END
    setsid epmd &
    names=$!
    start
} >"$folder/setup" 2>&1 </dev/null || {
    cat "$folder/setup" "$folder/out" >&2
    finish >/dev/null 2>&1
    exit 1
}
echo "$RABBITMQ_NODE_PORT"
while read -r word; do
    case $word in
    start | crash | cut) "$word" >>"$folder/setup" 2>&1 </dev/null && echo "$word" || echo failed ;;
    esac
done
finish >/dev/null 2>&1
