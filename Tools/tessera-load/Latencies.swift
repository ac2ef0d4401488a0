import EventModel
import Histogram

/// Times from the moment when something was due to the moment when it was there; HdrHistogram, three digits, to an hour.
///
/// - SeeAlso: G. Tene, "How NOT to Measure Latency", 2013, for why the moment counts when it was due and not when it was sent.
struct Latencies: Sendable {
    private var histogram = Histogram<UInt32>(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)

    var count: Int { Int(histogram.totalCount) }

    /// Keeps a time in nanoseconds.
    mutating func record(_ nanoseconds: Int64) { histogram.record(min(3_600_000_000, UInt64(max(0, nanoseconds / 1_000)))) }

    /// Milliseconds within which that share of all came.
    func milliseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1_000 }

    /// The percentiles that are told, by the names they have.
    static let told: [(name: String, percentile: Double)] = [
        ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100),
    ]

    /// `{"p50":..,"p90":..,"p99":..,"p99.9":..,"max":..}`, null where nothing was recorded.
    var json: JSONValue {
        count == 0
            ? .null : .object(JSONObject(Self.told.map { .init($0.name, .number(milliseconds($0.percentile))) }))
    }
}
