"""An SMTP server that writes each accepted mail to a folder, and fails on demand: smtp.py FOLDER PORT PASSWORD SECURITY

A mail is FOLDER/mails/NUMBER.eml: the sender, the recipient and the connection's number, one a line, and then the mail as it came.
Before each answer FOLDER/faults is read: words of the form WHAT=VALUE.
  rcpt=N        every Nth RCPT is answered with 451
  data=N        every Nth mail is answered with 451 when it has come
  cut=N         every Nth mail is cut off in the middle of its coming
  lost=N        every Nth mail is accepted, and the connection cut before the answer
  hang=N        every Nth mail is never answered
  gone=TEXT     a recipient that begins with TEXT is answered with 550 5.1.1, and the address in the words
  full=TEXT     a recipient that begins with TEXT is answered with 452 4.2.2
  spam=TEXT     a mail in which TEXT stands is answered with 554 5.7.1
  sender=CODE   what each MAIL is answered with
  busy=1        each RCPT is answered with 421, and the connection ends
"""
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, port, password, security = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
mails = os.path.join(folder, "mails")
counts = {"mails": len(os.listdir(mails))}
connections = 0


def faults():
    with open(os.path.join(folder, "faults")) as file:
        return dict(word.split("=", 1) for word in file.read().split())


def is_due(name):
    """Whether this one is one of every so many."""
    every = int(faults().get(name, 0))
    if not every:
        return False
    counts[name] = counts.get(name, 0) + 1
    return counts[name] % every == 0


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        code = faults().get("sender")
        if code:
            return code + " 5.1.8 <" + address + "> may not send"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        rules = faults()
        if rules.get("busy"):
            asyncio.get_event_loop().call_later(0.05, server.transport.close)
            return "421 4.3.2 closing"
        if rules.get("gone") and address.startswith(rules["gone"]):
            return "550 5.1.1 <" + address + "> is not here"
        if rules.get("full") and address.startswith(rules["full"]):
            return "452 4.2.2 <" + address + "> is full"
        if is_due("rcpt"):
            return "451 4.7.1 <" + address + "> later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        rules = faults()
        if rules.get("spam") and rules["spam"].encode() in envelope.original_content:
            return "554 5.7.1 not wanted by " + envelope.rcpt_tos[0]
        if is_due("data"):
            return "451 4.3.0 later"
        if is_due("hang"):
            await asyncio.sleep(3600)
        number = counts["mails"]
        counts["mails"] += 1
        part = os.path.join(folder, "part")
        with open(part, "wb") as file:
            file.write(("%s\n%s\n%d\n" % (envelope.mail_from, envelope.rcpt_tos[0], session.tessera_number)).encode())
            file.write(envelope.original_content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(part, os.path.join(mails, "%08d.eml" % number))
        if is_due("lost"):
            server.transport.abort()
        return "250 2.0.0 taken"


class Server(SMTP):
    def connection_made(self, transport):
        global connections
        fresh = self.session is None or not hasattr(self.session, "tessera_number")
        super().connection_made(transport)
        if fresh:
            connections += 1
            self.tessera_number = connections
        self.session.tessera_number = self.tessera_number

    def data_received(self, data):
        # A piece of a mail that is not its end.
        if self._reader is not None and b"To: <" in data and is_due("cut"):
            self.transport.abort()
            return
        super().data_received(data)


def authenticator(server, session, envelope, mechanism, auth_data):
    if isinstance(auth_data, LoginPassword) and auth_data.login == b"tessera" and auth_data.password == password.encode():
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


async def main():
    context = None
    if security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem"))

    def make():
        return Server(
            Handler(), hostname="localhost", ident="tests", tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls", authenticator=authenticator, auth_required=security != "none",
            auth_require_tls=security == "starttls", data_size_limit=8 << 20, timeout=600)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", port, ssl=context if security == "tls" else None)
    open(os.path.join(folder, "ready"), "w").close()
    await server.serve_forever()


asyncio.run(main())
