#include "CResolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

static ns_type type_of(tessera_dns_record record) {
    switch (record) {
    case TESSERA_DNS_MX: return ns_t_mx;
    case TESSERA_DNS_A: return ns_t_a;
    case TESSERA_DNS_AAAA: return ns_t_aaaa;
    case TESSERA_DNS_NS: return ns_t_ns;
    }
    return ns_t_invalid;
}

/// Whether what a record holds can be that of its kind: of MX, a preference of two bytes and a name; of NS, a name.
static int has_right_length(ns_rr record, ns_type type) {
    switch (type) {
    case ns_t_mx: return ns_rr_rdlen(record) >= 3;
    case ns_t_ns: return ns_rr_rdlen(record) >= 1;
    case ns_t_a: return ns_rr_rdlen(record) == NS_INADDRSZ;
    default: return ns_rr_rdlen(record) == NS_IN6ADDRSZ;
    }
}

/// Reads an answer; aliases (CNAME) before the records are passed over.
static tessera_dns_answer read_answer(const unsigned char *bytes, int length, ns_type type) {
    ns_msg message;
    if (ns_initparse(bytes, length, &message) != 0) return TESSERA_DNS_FAILED;
    int is_cut = ns_msg_getflag(message, ns_f_tc);
    int found = 0, roots = 0;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) != 0) return TESSERA_DNS_FAILED;
        if (ns_rr_type(record) != type || ns_rr_class(record) != ns_c_in) continue;
        if (!has_right_length(record, type)) return TESSERA_DNS_FAILED;
        found++;
        if (type == ns_t_mx && ns_rr_rdata(record)[2] == 0) roots++;
    }
    if (found > roots) return TESSERA_DNS_FOUND;
    // What was cut off may be what was asked for.
    if (is_cut) return TESSERA_DNS_FAILED;
    return found > 0 ? TESSERA_DNS_NULL_MX : TESSERA_DNS_NO_RECORD;
}

tessera_dns_answer tessera_dns_ask(const char *name, tessera_dns_record record, const char *server, uint16_t port, int seconds,
                                   int tries) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return TESSERA_DNS_FAILED;
    state.retrans = seconds;
    state.retry = tries;
    // Answers that were cut are taken as they are: asking again over TCP has no time limit.
    state.options |= RES_IGNTC;
#ifdef RES_USE_EDNS0
    state.options |= RES_USE_EDNS0;
#endif
    if (server) {
        struct sockaddr_in address;
        memset(&address, 0, sizeof address);
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        if (inet_pton(AF_INET, server, &address.sin_addr) != 1) {
            res_nclose(&state);
            return TESSERA_DNS_FAILED;
        }
        state.nsaddr_list[0] = address;
        state.nscount = 1;
    }
    // Zero where nothing came: the flags of an answer without records are read from here.
    unsigned char bytes[4096];
    memset(bytes, 0, sizeof bytes);
    int length = res_nquery(&state, name, ns_c_in, type_of(record), bytes, sizeof bytes);
    int reason = state.res_h_errno;
    res_nclose(&state);
    if (length > (int)sizeof bytes) return TESSERA_DNS_FAILED;
    if (length >= 0) return read_answer(bytes, length, type_of(record));
    int is_cut = bytes[2] & 2;
    if (reason == HOST_NOT_FOUND) return TESSERA_DNS_NO_NAME;
    if (reason == NO_DATA && !is_cut) return TESSERA_DNS_NO_RECORD;
    return TESSERA_DNS_FAILED;
}
