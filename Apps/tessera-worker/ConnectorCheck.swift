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
                stored: its messages must be such as the store takes, it must repeat itself, go on from every checkpoint, keep its bounds, \
                end when it is cancelled, and lose nothing to a look. That may take as long as --within says. Where its positions lie only \
                behind pages of records, --page says how many these have.

                A destination's promises need records. With --send it is given marked ones, for its other side to keep: people called \
                \(TrialRecords.mark)-0 and so on, \(TrialRecords.ofEachKind) records of each kind that it delivers, each several times and in \
                other pieces, and memberships of the segment \(TrialRecords.mark), which all leave again. Without --send it only says what it \
                would send:

                  tessera-worker connectors check crm --config tessera.yaml --promises --send
                """)
        @OptionGroup var connector: NamedConnector
        @Flag(help: "Try its promises, too.") var promises = false
        @Flag(help: "Let the promises of a destination send marked records to its other side.") var send = false
        @Option(help: "Seconds that the promises may take.") var within = 600
        @Option(help: "Records between two positions of a source, at most.") var page = SourceContract.usualPage

        func run() async throws {
            try await WorkerPlace.reporting {
                let entry = try connector.entry(isRunOnce: true, report: { Terminal.printError($0 + "\n") })
                // Before the other side is looked at: nothing that somebody may not want is begun.
                if promises { try consent(entry) }
                let found = try await entry.work.probe()
                var told = JSONObject([.init("found", .string(found))])
                if promises {
                    for member in try await keptInTime(by: entry).members { told.set(member.name, member.value) }
                }
                Terminal.print(JSONValue.object(told).text + "\n")
            }
        }

        /// Sees that somebody allows the records that a destination's other side is given.
        private func consent(_ entry: ConnectorPlan.Entry) throws(CommandError) {
            switch entry.work {
            case .source:
                if send { throw CommandError(.usage, "`\(entry.name)` is a source: nothing is sent to it. Leave --send out.") }
            case .destination(_, let plan):
                if send { return }
                throw CommandError(
                    .usage,
                    "`\(entry.name)` is a destination: to try its promises its other side is sent trial records, "
                        + "\(TrialRecords.told(plan.kinds)), each several times, of people called \(TrialRecords.mark)-0 and so on. "
                        + "Nothing was sent. Write --send to send them.")
            }
        }

        /// What is told of the promises, tried for no longer than they may take.
        private func keptInTime(by entry: ConnectorPlan.Entry) async throws -> JSONObject {
            let within = max(1, within)
            return try await withThrowingTaskGroup(of: JSONObject?.self) { group in
                group.addTask {
                    switch entry.work {
                    case .source(let source): JSONObject([.init("promises", .array(try await kept(by: source).map { .string($0) }))])
                    case .destination(let destination, let plan): try await kept(by: destination, plan)
                    }
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(within))
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let kept = first else {
                    let isSource = if case .source = entry.work { true } else { false }
                    throw CommandError(
                        .limit,
                        "The promises were not tried to their end in \(within) s. "
                            + (isSource
                                ? "A source that has no end, or that gives the same for ever, cannot be tried; for a long one write more "
                                    + "seconds in --within, or let its settings bring less."
                                : "What was sent until then stays on the other side. For one that is slow write more seconds in --within."))
                }
                return kept
            }
        }

        /// The promises that a source keeps.
        ///
        /// - Throws: With the first that it breaks.
        private func kept(by source: any Source) async throws -> [String] {
            // How many records there should be only the other side knows.
            let promises = SourceContract.allCases.filter { $0 != .givesEveryRecord }
            do {
                for promise in MessageContract.allCases { try await promise.verify(source) }
                for promise in promises { try await promise.verify(source, records: 1, page: page) }
            } catch let broken as MessageContract.Broken { throw Self.broken("\(broken)") } catch let broken as SourceContract.Broken {
                throw Self.broken("\(broken)")
            } catch let nothing as SourceContract.NothingGiven {
                throw CommandError(.data, "Of the promises \(nothing). Let its settings bring some records.")
            }
            return MessageContract.allCases.map { "\($0)" } + promises.map { "\($0)" }
        }

        /// The promises that a destination keeps with records of our own, and how many of these were refused.
        ///
        /// - Throws: With the first that it breaks.
        private func kept(by destination: any Destination, _ plan: DeliveryPlan) async throws -> JSONObject {
            let records = TrialRecords(of: plan.kinds, hasTraits: plan.traits != nil, at: ProgramStart.clock())
            let pace = TrialContract.Pace(atOnce: plan.policy.limits.records, rate: plan.policy.rate)
            let promises = TrialContract.allCases.filter { $0 != .followsMemberships || plan.kinds.contains(.membership) }
            var refused: [String] = []
            do {
                for promise in promises {
                    // Each is tried on one that was made for it.
                    let found = try await promise.verify({ try made() }, records: records, pace: pace)
                    if promise == .takesRecords { refused = found }
                    if promise == .takesRecords, let first = found.first, found.count == records.givenAtFirst {
                        throw CommandError(.data, "Every trial record was refused, so nothing could be checked. The first: \(first)")
                    }
                }
            } catch let broken as TrialContract.Broken { throw Self.broken("\(broken)") }
            await destination.close()
            var told = JSONObject([
                .init("promises", .array(promises.map { .string("\($0)") })), .init("sent", .integer(Int64(records.count))),
                .init("refused", .integer(Int64(refused.count))),
            ])
            if let first = refused.first { told.set("firstRefused", .string(first)) }
            return told
        }

        /// The destination, made anew.
        private func made() throws -> any Destination {
            let entry = try connector.entry(isRunOnce: true, report: { Terminal.printError($0 + "\n") })
            guard case .destination(let destination, _) = entry.work else {
                throw CommandError(.failed, "`\(entry.name)` became a source while it was checked. Leave its settings alone meanwhile.")
            }
            return destination
        }

        private static func broken(_ promise: String) -> CommandError {
            CommandError(.failed, "A promise is broken. \(promise)" + (promise.hasSuffix(".") ? "" : "."))
        }
    }
}
