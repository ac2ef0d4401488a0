#ifndef TESSERA_CRESOLVER_H
#define TESSERA_CRESOLVER_H

#include <stdint.h>

/// The kinds of record that can be asked for.
typedef enum {
    TESSERA_DNS_MX,
    TESSERA_DNS_A,
    TESSERA_DNS_AAAA,
    TESSERA_DNS_NS,
} tessera_dns_record;

/// What name servers say of the records of one kind of a name.
typedef enum {
    /// There is one or more.
    TESSERA_DNS_FOUND,
    /// There are MX records, and all of them name the root: the domain takes no mail (RFC 7505).
    TESSERA_DNS_NULL_MX,
    /// The name is there without such a record.
    TESSERA_DNS_NO_RECORD,
    /// There is no such name.
    TESSERA_DNS_NO_NAME,
    /// Nobody answered, or with an error, or with what cannot be read.
    TESSERA_DNS_FAILED,
} tessera_dns_answer;

/// Asks name servers for the records of a name, over UDP, and waits.
///
/// The name is asked for as it is: no search list, no aliases, no hosts file.
///
/// `server` is the IPv4 address of the one to ask, at `port`; NULL: those that the system's settings name. Each of them is asked `tries`
/// times and waited for about `seconds`.
tessera_dns_answer tessera_dns_ask(const char *_Nonnull name, tessera_dns_record record, const char *_Nullable server, uint16_t port,
                                   int seconds, int tries);

#endif
