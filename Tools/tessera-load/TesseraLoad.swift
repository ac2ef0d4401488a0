public import ArgumentParser
import EventModel
import Foundation
public import Platform

/// Drives a worker at a rate and tells how it did.
struct TesseraLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-load",
        abstract: "Drive a worker with messages and questions at a set rate, measure latencies, and check that all of it was stored once.",
        discussion: """
            Examples:

              Tools/load
              Tools/load --rate 200000 --seconds 10 --connections 16
              Tools/load --mix decide=2000,profile=100 --rate 20000 --seconds 60
              Tools/load --url http://127.0.0.1:8080 --write-key dev --read-key dev-admin --db try.tessera

            Without --url a worker of the run's own is started over a new store and stopped at the end. The loop is open: every request has a
            moment at which it is due, and its time counts from there, whatever those before it did. Exit status: 0 done, 1 a check failed, 2
            wrong usage.
            """)

    @Option(help: "A running worker, as http://127.0.0.1:8080. Default: one is started.")
    var url: String?
    @Flag(help: "Start a worker over a new store; this is what happens without --url.")
    var start = false
    @Option(help: "The worker to start. Default: tessera-worker beside this program.")
    var worker: String?
    @Option(help: "Segments of the worker that is started.")
    var segments = 50
    @Option(help: "A folder for the store of the worker that is started; it stays. Default: a temporary one.")
    var keep: String?
    @Option(help: "The key to write with.")
    var writeKey = "dev"
    @Option(help: "The key to ask with.")
    var readKey = "dev-admin"
    @Option(help: "Messages a second.")
    var rate = 20_000.0
    @Option(help: "Messages a request.")
    var batch = 100
    @Option(help: "Seconds that are measured.")
    var seconds = 10.0
    @Option(help: "Seconds before that, which are not.")
    var warmup = 2.0
    @Option(help: "People who send messages.")
    var people = 100_000
    @Option(help: "Rates a second: collect=MESSAGES (as --rate), decide=REQUESTS, profile=REQUESTS, marker=MESSAGES.")
    var mix = "decide=100,profile=10,marker=100"
    @Option(help: "Connections for messages, and as many again for questions.")
    var connections = 16
    @Option(help: "Names of events, between commas.")
    var events = "Product Viewed,Product Added,Checkout Started,Order Completed"
    @Option(help: "Settles ids and values; the ids of two runs with one seed are the same. Default: another one each time.")
    var seed: UInt64?
    @Flag(help: "Batches say when they were sent, as Segment's clients do; the worker then corrects the clock of each message.")
    var sentAt = false
    @Option(help: "The store of the worker at --url: the run's messages are looked for in it. Without it the worker's counts are compared.")
    var db: String?
    @Option(help: "The process of the worker at --url: its memory and processor time are told.")
    var pid: Int32?
    @Option(help: "table or json. Default: table on a terminal, else json.")
    var format: OutputFormat = Terminal.defaultFormat

    mutating func run() async throws {
        let plan = try plan()
        let seed = seed ?? UInt64.random(in: 1...UInt64(Int64.max))
        let report: LoadReport
        if let url {
            guard !start else { throw CommandError(.usage, "--start and --url exclude each other. Choose one.") }
            let target = try Target(url: url, writeKey: writeKey, readKey: readKey)
            report = try await LoadRun(plan: plan, seed: seed, target: target, store: db, pid: pid, worker: nil, segments: nil).report()
        } else {
            let program =
                worker ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/tessera-worker"
            let started = try StartedWorker(program: program, segments: segments, events: plan.events, keep: keep)
            let target = Target(host: "127.0.0.1", port: started.port, writeKey: "dev", readKey: "dev-admin")
            report = try await LoadRun(
                plan: plan, seed: seed, target: target, store: started.store, pid: started.pid, worker: started, segments: max(1, segments)
            ).report()
        }
        Terminal.print(format == .json || format == .ndjson ? JSONValue.object(report.json).text + "\n" : report.text)
        if !report.hasPassed { throw ExitCode(1) }
    }

    private func plan() throws(CommandError) -> LoadPlan {
        var plan = LoadPlan(
            rate: rate, batch: batch, seconds: seconds, warmup: warmup, people: people, asks: [:], markers: 0, connections: connections,
            events: events.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty },
            tellsSentAt: sentAt)
        guard format != .csv else { throw CommandError(.usage, "--format csv is not for reports. Use table or json.") }
        for part in mix.split(separator: ",") {
            let pair = part.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2, let rate = Double(pair[1]), rate >= 0, rate <= 1_000_000 else {
                throw CommandError(.usage, "--mix: '\(part)' is not understood. Write decide=100,profile=10,marker=100.")
            }
            switch pair[0] {
            case "collect": plan.rate = rate
            case "marker": plan.markers = rate
            default:
                guard let ask = LoadPlan.Ask(rawValue: pair[0]) else {
                    throw CommandError(.usage, "--mix: there is no '\(pair[0])'. Choose from collect, decide, marker, profile.")
                }
                plan.asks[ask] = rate
            }
        }
        let bounds: [(name: String, isKept: Bool, remedy: String)] = [
            ("--rate", (0...10_000_000).contains(plan.rate), "0 to 10000000"), ("--batch", (1...5_000).contains(batch), "1 to 5000"),
            ("--seconds", seconds > 0 && seconds <= 86_400, "more than 0 and at most 86400"),
            ("--warmup", (0...3_600).contains(warmup), "0 to 3600"), ("--people", (1...999_999_999).contains(people), "1 to 999999999"),
            ("--connections", (1...10_000).contains(connections), "1 to 10000"),
            ("--segments", (0...10_000).contains(segments), "0 to 10000"), ("--events", !plan.events.isEmpty, "one name or more"),
        ]
        for bound in bounds where !bound.isKept { throw CommandError(.usage, "\(bound.name) is out of bounds. Use \(bound.remedy).") }
        return plan
    }
}

extension OutputFormat: ExpressibleByArgument {}
