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
                if promises { told.set("promises", .array(try await keptInTime(by: entry.work).map { .string($0) })) }
                Terminal.print(JSONValue.object(told).text + "\n")
            }
        }

        /// The promises that a source keeps, tried for no longer than they may take.
        private func keptInTime(by work: ConnectorPlan.Work) async throws -> [String] {
            let within = max(1, within)
            return try await withThrowingTaskGroup(of: [String]?.self) { group in
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
        private func kept(by work: ConnectorPlan.Work) async throws -> [String] {
            guard case .source(let source) = work else {
                throw CommandError(.usage, "A destination's promises are tried in tests: only they see its other side.")
            }
            // How many records there should be only the other side knows.
            let promises = SourceContract.allCases.filter { $0 != .givesEveryRecord }
            do {
                for promise in MessageContract.allCases { try await promise.verify(source) }
                for promise in promises { try await promise.verify(source, records: 1) }
            } catch let broken as MessageContract.Broken { throw Self.broken("\(broken)") } catch let broken as SourceContract.Broken {
                throw Self.broken("\(broken)")
            } catch let nothing as SourceContract.NothingGiven {
                throw CommandError(.data, "Of the promises \(nothing). Let its settings bring some records.")
            }
            return MessageContract.allCases.map { "\($0)" } + promises.map { "\($0)" }
        }

        private static func broken(_ promise: String) -> CommandError {
            CommandError(.failed, "A promise is broken. \(promise)" + (promise.hasSuffix(".") ? "" : "."))
        }
    }
}
