import ArgumentParser
import EventModel
import Foundation

/// Makes the messages of a sample shop, the same from the same seed.
@main
struct SampleData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-data",
        abstract: "Makes a year of messages of a sample shop, the same bytes from the same seed.",
        discussion: """
            Writes newline-delimited Segment messages in the order of their times: visits, searches, baskets, orders and returns, \
            people who browse without a name before they sign in, seasons and sales. Nobody in it is real.

            Examples:
              sample-data --out sample
              sample-data --out - --profiles 1000 --events 20000 --seed 7 | head
            """)

    @Option(help: "The folder that shop.ndjson is written to (made if missing), or - for standard output.")
    var out: String
    @Option(help: "How many people.")
    var profiles = 50_000
    @Option(help: "How many events (track, page and screen messages); identify, group and alias messages come on top.")
    var events = 1_000_000
    @Option(help: "Where the randomness starts.")
    var seed: UInt64 = 2026
    @Option(name: .customLong("as-of"), help: "The instant at which the year ends (ISO-8601).")
    var asOf = "2026-06-30T00:00:00Z"

    func run() throws {
        guard let end = Instant(text: asOf) else {
            throw ValidationError("--as-of is '\(asOf)', which is not an instant. Write it as 2026-06-30T00:00:00Z.")
        }
        let clock = ContinuousClock()
        let began = clock.now
        let shop: Shop
        do throws(ShopError) {
            shop = try Shop(ShopSettings(profiles: profiles, events: events, seed: seed, end: end))
        } catch { throw ValidationError(error.description) }
        let output = try Output(to: out)
        try shop.write { try output.write($0) }
        try output.finish()
        let took = clock.now - began
        let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
        let report =
            "Wrote \(shop.timelines.records.count) messages of \(profiles) people, \(output.written) bytes, to \(output.name) in "
            + "\((seconds * 10).rounded() / 10) s.\n"
        FileHandle.standardError.write(Data(report.utf8))
    }

    /// Runs the command; wrong usage exits 2, a failure 1.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let text = (error as? ShopError).map { "Error: \($0)" } ?? fullMessage(for: error)
            if !text.isEmpty {
                let stream = code.isSuccess ? FileHandle.standardOutput : FileHandle.standardError
                stream.write(Data((text + "\n").utf8))
            }
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
