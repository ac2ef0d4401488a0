#ifndef TESSERA_CCURL_H
#define TESSERA_CCURL_H

#include <stddef.h>

/// A conversation with an SMTP server through libcurl: one connection that is kept from mail to mail. Used by one thread at a time.
typedef struct tessera_smtp tessera_smtp;

/// Where a server is and how it is spoken to. Texts are copied.
typedef struct {
    /// `smtp://HOST:PORT`, or `smtps://HOST:PORT` where TLS begins at once.
    const char *_Nonnull url;
    /// Whether STARTTLS is required; nothing is said without it then.
    int requires_starttls;
    /// A file with the certificates of those who sign the server's; NULL: the system's.
    const char *_Nullable certificates;
    /// Who logs in; NULL: nobody.
    const char *_Nullable user;
    const char *_Nullable password;
    /// For a mail, connecting included, and for each answer of the server.
    long timeout_milliseconds;
} tessera_smtp_server;

/// How far a conversation came: what was said last.
typedef enum {
    /// Nothing yet: the server speaks first.
    TESSERA_SMTP_CONNECT,
    TESSERA_SMTP_HELLO,
    TESSERA_SMTP_STARTTLS,
    TESSERA_SMTP_AUTH,
    /// MAIL FROM: the sender.
    TESSERA_SMTP_SENDER,
    /// RCPT TO: the recipient.
    TESSERA_SMTP_RECIPIENT,
    /// The command DATA.
    TESSERA_SMTP_DATA,
    /// The mail itself.
    TESSERA_SMTP_CONTENT,
} tessera_smtp_stage;

/// What went wrong, as far as that matters to whoever tries again.
typedef enum {
    /// All is well.
    TESSERA_SMTP_OK,
    /// Somebody asked for the end.
    TESSERA_SMTP_STOPPED,
    /// The server's answer says it: `reply`.
    TESSERA_SMTP_REFUSED,
    /// The user is not let in, or there is no way of logging in that both sides know.
    TESSERA_SMTP_LOGIN_DENIED,
    /// The server has no STARTTLS.
    TESSERA_SMTP_NO_STARTTLS,
    /// Nobody who is trusted signed the certificate, or it is another's.
    TESSERA_SMTP_CERTIFICATE,
    /// The file of certificates cannot be read.
    TESSERA_SMTP_BAD_FILE,
    /// TLS could not be agreed upon.
    TESSERA_SMTP_TLS,
    /// The name of the host is not known.
    TESSERA_SMTP_NO_HOST,
    /// Nobody listens there.
    TESSERA_SMTP_NO_CONNECTION,
    /// No answer came in time.
    TESSERA_SMTP_TIMEOUT,
    /// The connection broke, or something else went wrong: `problem` says it.
    TESSERA_SMTP_BROKEN,
} tessera_smtp_end;

/// What became of a mail, or of a connection.
typedef struct {
    tessera_smtp_end end;
    tessera_smtp_stage stage;
    /// The server's answer to what was said last; 0: none came.
    int reply;
    /// Its enhanced status code (RFC 3463) as `5.1.1`; empty where there is none. Nothing else of an answer is kept: it may repeat addresses.
    char enhanced[16];
    /// What the library calls the problem, without anything of the conversation.
    const char *_Nonnull problem;
    /// Of the server's hello: the largest mail it takes, in bytes; 0: it does not say.
    long long size;
} tessera_smtp_outcome;

/// Asked now and then, once a second at least, by the thread that speaks; anything but 0 ends the conversation.
typedef int (*tessera_smtp_is_stopped)(const void *_Nonnull context);

/// Prepares a conversation; nothing is connected to. NULL: memory is short, or the library speaks no SMTP with TLS.
tessera_smtp *_Nullable tessera_smtp_make(const tessera_smtp_server *_Nonnull server);
/// Ends a conversation at once, without farewell, and frees all of it.
void tessera_smtp_free(tessera_smtp *_Nonnull smtp);

/// Connects, agrees upon TLS and logs in, where that is wanted, and ends.
tessera_smtp_outcome tessera_smtp_probe(tessera_smtp *_Nonnull smtp, tessera_smtp_is_stopped _Nonnull is_stopped, const void *_Nonnull context);

/// A mail. Headers are lines without their end, folded ones with CR LF and a space within; bodies are UTF-8 with CR LF at the ends of lines.
typedef struct {
    const char *_Nonnull sender;
    const char *_Nonnull recipient;
    const char *_Nonnull const *_Nonnull headers;
    size_t header_count;
    const char *_Nullable text;
    size_t text_length;
    const char *_Nullable html;
    size_t html_length;
} tessera_smtp_mail;

/// Hands over a mail, on the open connection where there is one.
///
/// `is_last`: the connection ends behind it, with a farewell.
tessera_smtp_outcome tessera_smtp_send(tessera_smtp *_Nonnull smtp, const tessera_smtp_mail *_Nonnull mail, int is_last,
                                       tessera_smtp_is_stopped _Nonnull is_stopped, const void *_Nonnull context);

#endif
