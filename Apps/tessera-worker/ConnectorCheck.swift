import ArgumentParser
import BuiltIn
import Connectors
import ConnectorsTesting
import EventModel
import Platform

extension ConnectorCommands {
    /// `connectors check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at the other side once. Exit status: 0 well, 1 not.",
            discussion: """
                Example:

                  tessera-worker connectors check nightly --config tessera.yaml

                With --promises a source is read to its end several times, from the first and from its checkpoints, and nothing of it is \
                stored: its messages must be such as the store takes, it must repeat itself, go on from every checkpoint, keep its bounds \
                and end when it is cancelled. That may take as long as --within says. A destination's promises are tried in its tests.
                """)
        @OptionGroup var connector: NamedConnector
        @Flag(help: "Try the promises that every source keeps, too.") var promises = false
        @Option(help: "Seconds that the promises may take.") var within = 600

        func run() async throws {
            try await WorkerPlace.reporting {
                let entry = try connector.entry(isRunOnce: true, report: { Terminal.printError($0 + "\n") })
                let found = try await entry.work.probe()
                var told = JSONObject([.init("found", .string(found))])
                if promises { told.set("promises", .array(try await keptInTime(by: entry.work).map { .string("\($0)") })) }
                Terminal.print(JSONValue.object(told).text + "\n")
            }
        }

        /// The promises that a source keeps, tried for no longer than they may take.
        private func keptInTime(by work: ConnectorPlan.Work) async throws -> [SourceContract] {
            let within = max(1, within)
            return try await withThrowingTaskGroup(of: [SourceContract]?.self) { group in
                group.addTask { try await kept(by: work) }
                group.addTask {
                    try await Task.sleep(for: .seconds(within))
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let kept = first else {
                    throw CommandError(
                        .limit,
                        "The promises were not tried to their end in \(within) s. A source that has no end, or that gives the same for ever, "
                            + "cannot be tried; for a long one write more seconds in --within, or let its settings bring less.")
                }
                return kept
            }
        }

        /// The promises that a source keeps.
        ///
        /// - Throws: With the first that it breaks.
        private func kept(by work: ConnectorPlan.Work) async throws -> [SourceContract] {
            guard case .source(let source) = work else {
                throw CommandError(.usage, "A destination's promises are tried in tests: only they see its other side.")
            }
            // How many records there should be only the other side knows.
            let promises = SourceContract.allCases.filter { $0 != .givesEveryRecord }
            for promise in promises {
                do { try await promise.verify(source, records: 1) } catch let broken as SourceContract.Broken {
                    throw CommandError(.failed, "A promise is broken. \(broken)\("\(broken)".hasSuffix(".") ? "" : ".")")
                } catch let nothing as SourceContract.NothingGiven {
                    throw CommandError(.data, "Of the promises \(nothing). Let its settings bring some records.")
                }
            }
            return promises
        }
    }
}
