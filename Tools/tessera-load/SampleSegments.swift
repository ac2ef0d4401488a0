import Foundation
import Platform

/// Segments that a shop would have, as many as are wanted: windows, counts, sums, sequences and traits over the events of a run.
enum SampleSegments {
    /// Name and expression of each; the first is that of the markers.
    static func make(_ count: Int, events: [String]) -> [(name: String, expression: String)] {
        var segments = [(name: BatchTemplate.markerSegment, expression: #"did "\#(BatchTemplate.markerEvent)""#)]
        // Each round asks the same questions with other numbers.
        for number in 0..<max(0, count - 1) {
            let (kind, round) = (number % 10, number / 10)
            let (event, next) = (quoted(events, number), quoted(events, number + 1))
            let days = 1 + (round * 3 + kind) % 28
            let expression =
                switch kind {
                case 0: "did \(event) within \(days)d"
                case 1: "count(\(event) within \(days)d) >= \(2 + round % 5)"
                case 2: "sum(\(event), .price) > \(100 * (1 + round))"
                case 3: "did \(event) within \(days)d and not did \(next) within \(days)d"
                case 4: "sequence(\(event) then \(next) within \(1 + round % 12)h)"
                case 5: #"trait.plan == "\#(["free", "plus", "pro"][round % 3])" and did any within \#(days)d"#
                case 6: #"trait.country in ("AT", "DE") and count(\#(event)) >= \#(1 + round)"#
                case 7: #"count(\#(event) where .category == "shoes" within \#(days)d) >= \#(1 + round % 3)"#
                case 8: "trait.age >= \(20 + round) and sum(\(event) within \(days)d, .price) > \(50 * (1 + round))"
                default: "did \(event) and not did \(event) within \(days)d"
                }
            segments.append(("load-\(number + 1)", expression))
        }
        return Array(segments.prefix(max(1, count)))
    }

    private static func quoted(_ events: [String], _ number: Int) -> String {
        "\"" + events[number % events.count].replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            + "\""
    }

    /// Writes a workspace that holds them.
    static func write(_ count: Int, events: [String], to folder: String) throws(CommandError) {
        do {
            try FileManager.default.createDirectory(atPath: folder + "/segments", withIntermediateDirectories: true)
            for (name, expression) in make(count, events: events) {
                try Data((expression + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/segments/\(name).segment"))
            }
        } catch { throw CommandError(.disk, "\(folder) cannot be written: \(error.localizedDescription)") }
    }
}
