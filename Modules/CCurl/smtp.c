#include "CCurl.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct tessera_smtp {
    CURL *curl;
    tessera_smtp_outcome outcome;
    /// Whether farewell was said.
    int is_over;
    tessera_smtp_is_stopped is_stopped;
    const void *context;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global = CURLE_FAILED_INIT;

static void begin(void) { global = curl_global_init(CURL_GLOBAL_DEFAULT); }

static int begins_with(const char *data, size_t size, const char *word) {
    size_t length = strlen(word);
    return size >= length && memcmp(data, word, length) == 0;
}

/// Notes what is said, by its first word: of a login and a mail nothing else is looked at.
static void note_command(tessera_smtp *smtp, const char *data, size_t size) {
    tessera_smtp_outcome *outcome = &smtp->outcome;
    // A farewell changes nothing of what became of the mail.
    if (begins_with(data, size, "QUIT\r\n") && outcome->stage != TESSERA_SMTP_AUTH) {
        smtp->is_over = 1;
        return;
    }
    // What is said in the course of a login is base64, which has neither spaces nor colons.
    if (begins_with(data, size, "EHLO ") || begins_with(data, size, "HELO ")) outcome->stage = TESSERA_SMTP_HELLO;
    else if (outcome->stage == TESSERA_SMTP_HELLO && begins_with(data, size, "STARTTLS\r\n")) outcome->stage = TESSERA_SMTP_STARTTLS;
    else if (begins_with(data, size, "AUTH ")) outcome->stage = TESSERA_SMTP_AUTH;
    else if (begins_with(data, size, "MAIL FROM:")) outcome->stage = TESSERA_SMTP_SENDER;
    else if (begins_with(data, size, "RCPT TO:")) outcome->stage = TESSERA_SMTP_RECIPIENT;
    else if (outcome->stage == TESSERA_SMTP_RECIPIENT && begins_with(data, size, "DATA\r\n")) outcome->stage = TESSERA_SMTP_DATA;
    outcome->reply = 0;
    outcome->enhanced[0] = 0;
}

/// Notes the code of an answer, and what a hello says.
static void note_reply(tessera_smtp *smtp, const char *data, size_t size) {
    tessera_smtp_outcome *outcome = &smtp->outcome;
    if (smtp->is_over) return;  // The answer to a farewell.
    if (size < 4 || !isdigit((unsigned char)data[0]) || !isdigit((unsigned char)data[1]) || !isdigit((unsigned char)data[2])) return;
    outcome->reply = (data[0] - '0') * 100 + (data[1] - '0') * 10 + (data[2] - '0');
    const char *rest = data + 4;
    size_t length = size - 4, end = 0, dots = 0;
    if (outcome->stage == TESSERA_SMTP_HELLO && begins_with(rest, length, "SIZE ")) {
        char digits[20] = {0};
        for (size_t i = 0; i < sizeof digits - 1 && 5 + i < length && isdigit((unsigned char)rest[5 + i]); i++) digits[i] = rest[5 + i];
        outcome->size = atoll(digits);
    }
    while (end < length && (isdigit((unsigned char)rest[end]) || rest[end] == '.')) dots += rest[end++] == '.';
    int is_code = dots == 2 && end < sizeof outcome->enhanced && rest[0] == data[0] && rest[1] == '.'
        && (end == length || isspace((unsigned char)rest[end]));
    if (is_code) memcpy(outcome->enhanced, rest, end);
    outcome->enhanced[is_code ? end : 0] = 0;
}

static int note(CURL *curl, curl_infotype type, char *data, size_t size, void *context) {
    tessera_smtp *smtp = context;
    (void)curl;
    switch (type) {
    case CURLINFO_HEADER_OUT: note_command(smtp, data, size); break;
    case CURLINFO_HEADER_IN: note_reply(smtp, data, size); break;
    case CURLINFO_DATA_OUT:
        smtp->outcome.stage = TESSERA_SMTP_CONTENT;
        smtp->outcome.reply = 0;
        smtp->outcome.enhanced[0] = 0;
        break;
    default: break;
    }
    return 0;
}

static int look(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    tessera_smtp *smtp = context;
    (void)a, (void)b, (void)c, (void)d;
    return smtp->is_stopped ? smtp->is_stopped(smtp->context) : 0;
}

/// What is read belongs to nobody.
static size_t ignore(char *data, size_t size, size_t count, void *context) {
    (void)data, (void)context;
    return size * count;
}

/// What holds for every mail. An error where the library lacks something.
static CURLcode set_up(tessera_smtp *smtp, const tessera_smtp_server *server) {
    CURL *curl = smtp->curl;
    CURLcode code = CURLE_OK;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value)
    SET(CURLOPT_URL, server->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_USE_SSL, (long)(server->requires_starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (server->certificates) {
        SET(CURLOPT_CAINFO, server->certificates);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (server->user) {
        SET(CURLOPT_USERNAME, server->user);
        SET(CURLOPT_PASSWORD, server->password ? server->password : "");
    }
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, server->timeout_milliseconds);
    SET(CURLOPT_CONNECTTIMEOUT_MS, server->timeout_milliseconds);
    // For each answer, that to a farewell included. Whole seconds.
    SET(CURLOPT_FTP_RESPONSE_TIMEOUT, (server->timeout_milliseconds + 999) / 1000);
    SET(CURLOPT_VERBOSE, 1L);
    SET(CURLOPT_DEBUGFUNCTION, note);
    SET(CURLOPT_DEBUGDATA, smtp);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, look);
    SET(CURLOPT_XFERINFODATA, smtp);
    SET(CURLOPT_WRITEFUNCTION, ignore);
#undef SET
    return code;
}

/// What a thread did about broken pipes before.
struct pipes {
    sigset_t before, waiting;
};

/// A connection that the other side closed must not end the process by a signal.
static struct pipes ignore_broken_pipes(void) {
    struct pipes pipes;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pipes.waiting);
    pthread_sigmask(SIG_BLOCK, &pipe, &pipes.before);
    return pipes;
}

static void heed_broken_pipes(struct pipes pipes) {
#ifndef __APPLE__  // Where sockets themselves are told not to signal.
    if (!sigismember(&pipes.waiting, SIGPIPE)) {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        struct timespec none = {0, 0};
        while (sigtimedwait(&pipe, NULL, &none) == SIGPIPE) {}
    }
#endif
    pthread_sigmask(SIG_SETMASK, &pipes.before, NULL);
}

tessera_smtp *tessera_smtp_make(const tessera_smtp_server *server) {
    pthread_once(&once, begin);
    if (global != CURLE_OK) return NULL;
    tessera_smtp *smtp = calloc(1, sizeof *smtp);
    if (!smtp) return NULL;
    smtp->curl = curl_easy_init();
    if (!smtp->curl || set_up(smtp, server) != CURLE_OK) {
        tessera_smtp_free(smtp);
        return NULL;
    }
    return smtp;
}

void tessera_smtp_free(tessera_smtp *smtp) {
    if (smtp->curl) {
        // Otherwise the library says farewell, and waits minutes for the answer of a server that hangs.
        curl_socket_t socket = CURL_SOCKET_BAD;
        if (curl_easy_getinfo(smtp->curl, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD) shutdown(socket, SHUT_RDWR);
        struct pipes pipes = ignore_broken_pipes();
        curl_easy_cleanup(smtp->curl);
        heed_broken_pipes(pipes);
    }
    free(smtp);
}

static tessera_smtp_end end_of(CURLcode code, const tessera_smtp_outcome *outcome) {
    switch (code) {
    case CURLE_OK: return TESSERA_SMTP_OK;
    case CURLE_ABORTED_BY_CALLBACK: return TESSERA_SMTP_STOPPED;
    case CURLE_LOGIN_DENIED: return TESSERA_SMTP_LOGIN_DENIED;
    case CURLE_USE_SSL_FAILED: return TESSERA_SMTP_NO_STARTTLS;
    case CURLE_PEER_FAILED_VERIFICATION: return TESSERA_SMTP_CERTIFICATE;
    case CURLE_SSL_CACERT_BADFILE: return TESSERA_SMTP_BAD_FILE;
    case CURLE_SSL_CONNECT_ERROR: return TESSERA_SMTP_TLS;
    case CURLE_COULDNT_RESOLVE_HOST: return TESSERA_SMTP_NO_HOST;
    case CURLE_COULDNT_CONNECT: return TESSERA_SMTP_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT: return TESSERA_SMTP_TIMEOUT;
    default: return outcome->reply >= 400 ? TESSERA_SMTP_REFUSED : TESSERA_SMTP_BROKEN;
    }
}

/// Runs what is set up.
static tessera_smtp_outcome run(tessera_smtp *smtp, tessera_smtp_is_stopped is_stopped, const void *context) {
    long long size = smtp->outcome.size;
    memset(&smtp->outcome, 0, sizeof smtp->outcome);
    smtp->outcome.size = size;
    smtp->is_over = 0;
    smtp->is_stopped = is_stopped;
    smtp->context = context;
    struct pipes pipes = ignore_broken_pipes();
    CURLcode code = curl_easy_perform(smtp->curl);
    heed_broken_pipes(pipes);
    smtp->is_stopped = NULL;
    tessera_smtp_outcome outcome = smtp->outcome;
    outcome.end = end_of(code, &outcome);
    outcome.problem = curl_easy_strerror(code);
    return outcome;
}

tessera_smtp_outcome tessera_smtp_probe(tessera_smtp *smtp, tessera_smtp_is_stopped is_stopped, const void *context) {
    curl_easy_setopt(smtp->curl, CURLOPT_CONNECT_ONLY, 1L);
    return run(smtp, is_stopped, context);
}

/// A part of a mail in quoted-printable, whose lines are short whatever is in it.
static CURLcode add_part(curl_mime *mime, const char *data, size_t length, const char *type) {
    curl_mimepart *part = curl_mime_addpart(mime);
    if (!part) return CURLE_OUT_OF_MEMORY;
    CURLcode code = curl_mime_data(part, data, length);
    if (code == CURLE_OK) code = curl_mime_type(part, type);
    if (code == CURLE_OK) code = curl_mime_encoder(part, "quoted-printable");
    return code;
}

/// Whichever bodies there are: those of one mail stand beside each other as alternatives, the best one last.
static CURLcode add_bodies(curl_mime *mime, const tessera_smtp_mail *mail) {
    CURLcode code = CURLE_OK;
    if (mail->text) code = add_part(mime, mail->text, mail->text_length, "text/plain; charset=utf-8");
    if (code == CURLE_OK && mail->html) code = add_part(mime, mail->html, mail->html_length, "text/html; charset=utf-8");
    return code;
}

static CURLcode add_content(CURL *curl, curl_mime *mime, const tessera_smtp_mail *mail) {
    if (!mail->text || !mail->html) return add_bodies(mime, mail);
    curl_mime *alternatives = curl_mime_init(curl);
    curl_mimepart *part = alternatives ? curl_mime_addpart(mime) : NULL;
    CURLcode code = part ? add_bodies(alternatives, mail) : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) code = curl_mime_type(part, "multipart/alternative");
    // From here on the part frees them.
    if (code == CURLE_OK) code = curl_mime_subparts(part, alternatives);
    if (code != CURLE_OK) curl_mime_free(alternatives);
    return code;
}

tessera_smtp_outcome tessera_smtp_send(tessera_smtp *smtp, const tessera_smtp_mail *mail, int is_last, tessera_smtp_is_stopped is_stopped,
                                       const void *context) {
    CURL *curl = smtp->curl;
    struct curl_slist *recipients = curl_slist_append(NULL, mail->recipient), *headers = NULL;
    CURLcode code = recipients ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; i < mail->header_count && code == CURLE_OK; i++) {
        struct curl_slist *longer = curl_slist_append(headers, mail->headers[i]);
        if (longer) headers = longer;
        else code = CURLE_OUT_OF_MEMORY;
    }
    curl_mime *mime = curl_mime_init(curl);
    if (!mime) code = CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) code = add_content(curl, mime, mail);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail->sender);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, (long)(is_last != 0));
    tessera_smtp_outcome outcome;
    if (code == CURLE_OK) {
        outcome = run(smtp, is_stopped, context);
    } else {
        memset(&outcome, 0, sizeof outcome);
        outcome.end = TESSERA_SMTP_BROKEN;
        outcome.problem = curl_easy_strerror(code);
    }
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(recipients);
    return outcome;
}
