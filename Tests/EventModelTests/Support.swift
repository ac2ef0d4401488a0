import Foundation

/// SplitMix64 (Steele, Lea and Flood, 2014): the randomness of these tests, the same from every seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The folder of test data that is too large for the repository; nil where `TESSERA_TESTDATA` names none.
let testData: URL? = ProcessInfo.processInfo.environment["TESSERA_TESTDATA"].map { URL(fileURLWithPath: $0) }

/// The root of the checkout.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The JSON files below a folder of the test data, by name; none where there is no test data.
func vectorFiles(_ path: String, prefix: String = "") -> [String] {
    guard let testData, let names = try? FileManager.default.contentsOfDirectory(atPath: testData.appendingPathComponent(path).path) else {
        return []
    }
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.sorted()
}

func vectorBytes(_ path: String, _ name: String) throws -> [UInt8] {
    guard let testData else { return [] }
    return Array(try Data(contentsOf: testData.appendingPathComponent(path).appendingPathComponent(name)))
}
