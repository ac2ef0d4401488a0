public import Connectors
public import EventModelTesting

/// The promises that every cache keeps.
public enum CacheContract: CaseIterable, Sendable {
    /// A value is given as it was kept, whatever its bytes and those of its key are.
    case givesWhatWasKept
    /// When a value was replaced or forgotten, nobody is given the one before.
    case isNeverStale
    /// A value is gone when its time is over.
    case endsInTime
    /// It holds no more values than it may, and lets those go that were not used for the longest.
    case keepsBounds
    /// What is too large is not kept, and takes what stood for its key with it.
    case refusesWhatIsTooLarge
    /// Those who keep, ask and forget at the same time do not hinder each other.
    case servesMany

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<CacheContract>

    /// Uses an empty cache, and throws `Broken` where it breaks this promise.
    ///
    /// - Parameter make: Makes the cache; each time one that shares its values with the others.
    /// - Parameter most: Values that it holds at most, from 10 to 1 000.
    /// - Parameter passing: Returns when so much time has passed for the cache.
    public func verify(_ make: () throws -> any Cache, most: Int, passing: (Duration) async throws -> Void) async throws {
        let (cache, other) = (try make(), try make())
        func expect(_ isKept: Bool, _ place: String) throws { if !isKept { throw Broken(promise: self, place: place) } }
        func bytes(_ text: String) -> ContiguousArray<UInt8> { ContiguousArray(text.utf8) }
        switch self {
        case .givesWhatWasKept:
            let odd = ContiguousArray((0...255).map { UInt8($0) })
            let kept = [
                "a": odd, "": bytes("empty key"), "e\u{301}: ü\r\n\u{0}{x}": bytes(""),
                "long": ContiguousArray(repeating: 7, count: 300_000),
            ]
            for (key, value) in kept { try await cache.keep(value, of: key, for: .seconds(600)) }
            try expect(try await other.values(of: Array(kept.keys) + ["b", "\u{E9}: ü\r\n\u{0}{x}"]) == kept, "values differ")
            try expect(try await other.values(of: []).isEmpty, "nothing was asked for")
        case .isNeverStale:
            for round in 0..<50 {
                try await cache.keep(bytes("\(round)"), of: "a", for: .seconds(600))
                try expect(try await other.values(of: ["a"]) == ["a": bytes("\(round)")], "replaced")
            }
            try await other.keep(bytes("b"), of: "b", for: .seconds(600))
            try await cache.forget(["a", "never"])
            try expect(try await other.values(of: ["a", "b"]) == ["b": bytes("b")], "forgotten")
            for round in 0..<(most / 2) { try await cache.keep(bytes("x"), of: "k\(round)", for: .seconds(600)) }
            try await other.forgetAll()
            try expect(try await cache.values(of: ["b"] + (0..<most).map { "k\($0)" }).isEmpty, "all forgotten")
            try await cache.keep(bytes("c"), of: "b", for: .seconds(600))
            try expect(try await other.values(of: ["b"]) == ["b": bytes("c")], "kept after all were forgotten")
        case .endsInTime:
            try await cache.keep(bytes("soon"), of: "a", for: .seconds(1))
            try await cache.keep(bytes("late"), of: "b", for: .seconds(3_600))
            try await cache.keep(bytes("renewed"), of: "c", for: .seconds(1))
            try await cache.keep(bytes("renewed"), of: "c", for: .seconds(3_600))
            try await passing(.milliseconds(1_100))
            try expect(
                try await other.values(of: ["a", "b", "c"]) == ["b": bytes("late"), "c": bytes("renewed")], "after a second")
        case .keepsBounds:
            let keys = (0..<(most * 3)).map { "k\($0)" }
            for key in keys {
                try await cache.keep(bytes(key), of: key, for: .seconds(600))
                // The first one is used all the time.
                try expect(try await other.values(of: ["k0"]) == ["k0": bytes("k0")], "what is used goes")
            }
            let found = try await other.values(of: keys)
            try expect(found.count <= most && found.count >= most / 2, "\(found.count) values are there")
            try expect(found[keys[keys.count - 1]] != nil && found["k1"] == nil, "the newest goes before the oldest")
        case .refusesWhatIsTooLarge:
            try await cache.keep(bytes("a"), of: "a", for: .seconds(600))
            try await cache.keep(ContiguousArray(repeating: 1, count: CacheBounds.mostValueBytes + 1), of: "a", for: .seconds(600))
            let longest = String(repeating: "k", count: CacheBounds.mostKeyBytes)
            try await cache.keep(bytes("longest"), of: longest, for: .seconds(600))
            try await cache.keep(bytes("longer"), of: longest + "k", for: .seconds(600))
            try expect(
                try await other.values(of: ["a", longest, longest + "k"]) == [longest: bytes("longest")], "one that is too large is there")
        case .servesMany:
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    let cache = task % 2 == 0 ? cache : other
                    group.addTask {
                        for round in 0..<50 {
                            let key = "k\(task)-\(round % 5)"
                            try await cache.keep(bytes("\(round)"), of: key, for: .seconds(600))
                            let found = try await cache.values(of: [key, "shared"])
                            if found[key].map({ $0 != bytes("\(round)") }) == true {
                                throw Broken(promise: self, place: "of one task's own")
                            }
                            if round % 10 == task { try await cache.forget([key, "shared"]) }
                            try await cache.keep(bytes("\(task)"), of: "shared", for: .seconds(600))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
