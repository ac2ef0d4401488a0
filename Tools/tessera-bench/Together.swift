import ArgumentParser
import BuiltIn
import EventModel
import Foundation
import Platform
import Rules
import Storage

/// `together`
struct Together: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "together",
        abstract: "Time how long it takes to answer many segments in one plan.",
        discussion: """
            The file has a line `NAME = EXPRESSION` for each segment, as for `segments`; '-' stands for the workspace of 200. Every run opens a \
            snapshot, reads and checks all expressions and evaluates them together. Then the overlap of each two of the first 50 is timed, and \
            a waterfall over them.
            """)

    @OptionGroup var store: StoreOptions
    @Option(help: "Runs, of which the middle one counts.")
    var runs = 5
    @Argument(help: "The file of segments, or - for the workspace.")
    var file: String

    func validate() throws { if runs < 1 { throw ValidationError("--runs is 1 or more.") } }

    func run() throws {
        let expressions = try expressions()
        let opened = try store.session.tessera.store()
        func ask() throws -> [Membership] {
            let rules = try expressions.map { try Rule(parsing: $0) }
            return try PopulationEvaluator(snapshot: opened.snapshot(), now: store.now, threads: store.threads).members(of: rules)
        }
        let members = try ask()
        var timing = Timing()
        for _ in 0..<runs {
            guard try timing.measure(ask) == members else { throw ValidationError("An answer changed between two runs.") }
        }
        let some = Array(members.prefix(50))
        var overlap = Timing()
        for _ in 0..<runs {
            _ = overlap.measure { (Membership.overlaps(of: some, threads: store.threads), Membership.waterfall(of: some)) }
        }
        show([
            .init("segments", .integer(Int64(expressions.count))), .init("seconds", .number(timing.median)),
            .init("members", .integer(Int64(members.reduce(0) { $0 + $1.count }))), .init("overlapSeconds", .number(overlap.median)),
            .init("peak", .integer(peakMemory())),
        ])
    }

    private func expressions() throws -> [String] {
        if file == "-" { return Workspace.expressions(200) }
        return try Suite(file: file).segments.map(\.expression)
    }
}
