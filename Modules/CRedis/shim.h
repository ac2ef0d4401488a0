#include <stddef.h>
#include <sys/socket.h>
#include <hiredis/hiredis.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/// Sends what there is room for, without waiting; a peer that is gone is an error, and no signal. hiredis itself would end the process.
static inline ssize_t tessera_redis_send(int socket, const void *_Nonnull bytes, size_t count) {
    return send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Takes what has come, without waiting.
static inline ssize_t tessera_redis_receive(int socket, void *_Nonnull bytes, size_t count) {
    return recv(socket, bytes, count, MSG_DONTWAIT);
}
