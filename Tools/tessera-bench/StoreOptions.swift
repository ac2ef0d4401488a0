import ArgumentParser
import BuiltIn
import EventModel
import Platform

/// Which store is asked, when, and with how many threads.
struct StoreOptions: ParsableArguments {
    @Option(help: "The store.")
    var db: String
    @Option(
        help: "The instant to ask at.",
        transform: { text in
            guard let instant = Instant(text: text) else {
                throw ValidationError("'\(text)' is not an instant. Write it as 2026-06-30T00:00:00Z.")
            }
            return instant
        })
    var now: Instant
    @Option(help: "Threads.")
    var threads = 2

    func validate() throws { if threads < 1 { throw ValidationError("--threads is 1 or more.") } }

    /// A session that asks the store so.
    var session: Session {
        Session(tessera: Tessera(path: db, plugins: .builtIn), now: now, format: .json, threads: threads, clock: { [now] in now })
    }
}
