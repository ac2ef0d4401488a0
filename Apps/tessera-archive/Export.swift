import ArgumentParser
import BuiltIn
import EventModel
import Foundation
import Platform

/// `export`
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a store, or part of it, as a gzip archive that `import` reads.",
        discussion: """
            Examples:

              tessera-archive export --db shop.tessera --out shop.gz
              tessera-archive export --db shop.tessera --out buyers.gz --where 'did "Order Completed" within 30d'
              tessera-archive export --db shop.tessera --out who.gz --what memberships
              tessera-archive export --db shop.tessera --out events.ndjson.gz --what events --as segment

            The text follows from the data alone: export, import into an empty store, export again, and it is the same, byte for byte.
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: FormatOption

    @Option(help: "The archive to write; - is standard output.")
    var out: String

    @Option(help: "What to write: \(ExportRequest.contentNames.joined(separator: ", ")).")
    var what = "all"

    @Option(
        name: .customLong("as"),
        help: "The format: \(Plugins.builtIn.exportFormats.joined(separator: ", ")). All but the first hold events only.")
    var format = Plugins.builtIn.exportFormats[0]

    @Option(name: .customLong("where"), help: "Only profiles that this expression holds for.")
    var filter: String?

    @Option(help: "The instant to ask the expression at. Default: the wall clock.")
    var now: String?

    @Option(help: "A file with the key to encrypt with: 32 bytes in base64.")
    var key: String?

    @Option(help: "Effort of compression, 1 (fast) to 9 (small).")
    var level: Int = 6

    @Option(help: "Threads to use.")
    var threads: Int = 2

    func validate() throws {
        if !ExportRequest.contentNames.contains(what) {
            throw ValidationError("--what \(what) is not possible. Choose \(ExportRequest.contentNames.joined(separator: ", ")).")
        }
        if !(1...9).contains(level) { throw ValidationError("--level \(level) is not possible. Choose 1 (fast) to 9 (small).") }
        if threads < 1 { throw ValidationError("--threads \(threads) is too few. Use 1 or more.") }
        if let now, Instant(text: now) == nil { throw ValidationError("--now \(now) is not an instant. Write 2026-06-30T00:00:00Z.") }
    }

    func run() throws {
        let clock = ProgramStart.clock()
        var request = ExportRequest(file: out, now: now.flatMap { Instant(text: $0) } ?? clock)
        request.contents = what
        request.format = format
        request.filter = filter
        request.keyFile = key
        request.level = level
        request.threads = threads
        let (tessera, asked, look) = (store.tessera, request, output.chosen)
        try output.show(toStandardError: out == "-") { interruption, bar throws(CommandError) in
            try tessera.exportArchive(asked, interruption: interruption, warn: { Terminal.warn($0, as: look) }, progress: { bar.say($0) })
        }
    }
}
