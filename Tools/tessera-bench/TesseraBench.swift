import ArgumentParser
import EventModel
import Foundation

/// Times what runs inside one process; `Tools/bench` calls it and puts its figures beside the peers'.
@main
struct TesseraBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-bench",
        abstract: "Time segments and k-means inside one warm process. Tools/bench runs this beside the peers.",
        discussion: "Each command prints one JSON object: median seconds, what was found, and the peak memory in bytes.",
        subcommands: [Segments.self, Together.self, Workspace.self, Explanations.self, KMeansRounds.self])
}

/// Middle and all of the times that some work took.
struct Timing {
    /// Each run's time, in the order of the runs.
    var seconds: [Double] = []

    /// The middle one, or the mean of the two in the middle.
    var median: Double {
        let sorted = seconds.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Runs the work once and keeps its time.
    mutating func measure<Value>(_ work: () throws -> Value) rethrows -> Value {
        let clock = ContinuousClock()
        let begun = clock.now
        let value = try work()
        let (whole, parts) = (clock.now - begun).components
        seconds.append(Double(whole) + Double(parts) * 1e-18)
        return value
    }
}

/// The most memory that this process held so far, in bytes.
func peakMemory() -> Int64 {
    var usage = rusage()
    #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Int64(usage.ru_maxrss)
    #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int64(usage.ru_maxrss) * 1024
    #endif
}

/// Prints the one object of a command.
func show(_ members: [JSONObject.Member]) { print(JSONValue.object(JSONObject(members)).text) }
