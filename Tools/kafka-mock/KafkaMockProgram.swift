import ArgumentParser
import Foundation

#if Kafka
import KafkaMock
#endif

/// A Kafka cluster in memory, for benchmarks.
@main
struct KafkaMockProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka-mock",
        abstract: "Run a Kafka cluster in memory, and write the lines of a file to its topic `events` at a rate.",
        discussion: """
            Prints its brokers as JSON, writes when a line comes on standard input, prints how many it wrote and in how many seconds, and ends with
            its input. librdkafka keeps 5 MB of each partition: whoever reads must not fall behind by more.

            Example:

              kafka-mock --lines sample/shop.ndjson --rate 50000 --count 500000
            """)
    @Option(help: "A file whose lines are written.") var lines: String
    @Option(help: "Lines a second.") var rate = 50_000.0
    @Option(help: "How many are written at most.") var count = 500_000
    @Option(help: "Partitions of the topic.") var partitions = 64

    /// Lines between two looks at the clock.
    private static let step = 250

    func validate() throws {
        if rate <= 0 || count < 1 || partitions < 1 { throw ValidationError("--rate, --count and --partitions are above 0.") }
    }

    func run() throws {
        #if Kafka
        let text = try Data(contentsOf: URL(fileURLWithPath: lines), options: .alwaysMapped)
        let cluster = MockCluster()
        cluster.create("events", partitions: partitions)
        say(#"{"brokers":"\#(cluster.brokers.joined(separator: ","))"}"#)
        guard readLine() != nil else { return }
        let (start, clock) = (ContinuousClock.now, ContinuousClock())
        let writer = MockWriter(cluster, topic: "events", linger: 20)
        var written = 0
        text.withUnsafeBytes { text in
            var rest = text[...]
            while written < count, !rest.isEmpty {
                let end = rest.firstIndex(of: 10) ?? rest.endIndex
                let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
                rest = rest[min(end + 1, rest.endIndex)...]
                // One person's messages stay in their order where their lines stand together; the worker asks for no more.
                writer.write(line, partition: written / Self.step % partitions)
                written += 1
                if written % Self.step == 0 {
                    let early = (start + .seconds(Double(written) / rate) - clock.now) / .seconds(1)
                    if early > 0 { usleep(UInt32(early * 1e6)) }
                }
            }
        }
        writer.flush()
        say(#"{"written":\#(written),"seconds":\#((clock.now - start) / .seconds(1))}"#)
        while readLine() != nil {}
        #else
        throw ValidationError("It is built without Kafka. Build it with --traits Kafka.")
        #endif
    }

    private func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
}
