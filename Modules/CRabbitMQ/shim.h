#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

/// Logs in with user and password; `amqp_login_with_properties` takes its last arguments in a way that Swift cannot write.
static inline amqp_rpc_reply_t tessera_amqp_login(amqp_connection_state_t _Nonnull connection, const char *_Nonnull vhost, int frame_max,
                                                  int heartbeat, const char *_Nonnull user, const char *_Nonnull password) {
    amqp_table_entry_t capabilities[2];
    capabilities[0].key = amqp_cstring_bytes("authentication_failure_close");
    capabilities[0].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    capabilities[0].value.value.boolean = 1;
    capabilities[1].key = amqp_cstring_bytes("consumer_cancel_notify");
    capabilities[1].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    capabilities[1].value.value.boolean = 1;
    amqp_table_entry_t entries[2];
    entries[0].key = amqp_cstring_bytes("capabilities");
    entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
    entries[0].value.value.table.num_entries = 2;
    entries[0].value.value.table.entries = capabilities;
    entries[1].key = amqp_cstring_bytes("connection_name");
    entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[1].value.value.bytes = amqp_cstring_bytes("tessera");
    amqp_table_t properties;
    properties.num_entries = 2;
    properties.entries = entries;
    return amqp_login_with_properties(connection, vhost, 0, frame_max, heartbeat, &properties, AMQP_SASL_METHOD_PLAIN, user, password);
}
