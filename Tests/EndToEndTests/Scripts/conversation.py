"""Talks to tessera-shell through a pseudo-terminal: python3 conversation.py SHELL STORE HISTORY"""
import os
import pty
import select
import signal
import sys
import time

shell, store, history = sys.argv[1:4]
pid, terminal = pty.fork()
if pid == 0:
    # As a terminal starts a program; whoever runs the tests may ignore or block Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    os.environ.update(TERM="xterm", TESSERA_HISTORY=history, PAGER="cat", COLUMNS="100")
    os.execv(shell, [shell, "--db", store])

seen = ""


def expect(text, seconds=20):
    """Waits until `text` was printed since the last call."""
    global seen
    end = time.time() + seconds
    while text not in seen:
        if time.time() > end:
            sys.exit(f"waited in vain for {text!r}; there was {seen!r}")
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                if text not in seen:
                    sys.exit(f"the shell ended before {text!r}; there was {seen!r}")
    seen = seen[seen.index(text) + len(text):]


def say(keys):
    os.write(terminal, keys.encode())


expect("tessera> ")
say("count true\n")
expect("20 profiles of 20")
expect("tessera> ")
say('count did "Ord\t')
expect('er Completed"')
say("\n")
expect("20 profiles of 20")
expect("tessera> ")
say('count sum("Order Completed", .\t')
expect("evenue")  # There is only one.
say("\t")
expect(".revenue  number  ")  # Its kind and its frequent values.
expect('sum("Order Completed", .revenue')
say("\x15count trait.\t")
expect("trait.plan")
expect("text")
say("\x15")
say("count (did any\n")
expect("... ")
say("and not true)\n")
expect("0 profiles of 20")
expect("tessera> ")
say("count nonsense of mine")
expect("of mine")
say("\x03")
expect("tessera> ")
say("frobnicate\n")
expect("no command")
expect("tessera> ")
say("\x1b[A\x1b[A\n")  # Two up: the counting over two lines, now on one.
expect("0 profiles of 20")
expect("tessera> ")
say("count did any and not true")
expect("20 → 20 → 0")  # Below the line, while typing pauses.
say("\x7f\x7f\x7f\x7ffalse")  # The last word once more.
expect("20 → 20 → 20")
say("\n")
expect("20 profiles of 20")
expect("tessera> ")
say("\x12nonse\x12")  # Searches back through the history.
say("\x07")
say("\x15set preview off\n")
expect("tessera> ")
say("help count\n")
expect("Example:")
expect("tessera> ")
say("quit\n")
_, status = os.waitpid(pid, 0)
if status != 0:
    sys.exit(f"the shell ended with {status}")
if "true" not in open(history).read():
    sys.exit("the history was not kept")
