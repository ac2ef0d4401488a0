import BuiltIn
import EventModel
import Platform
import Storage
import Synchronization
import TestFolder
import Testing

/// A worker on a clock that a test turns, on a store of its own.
final class Bench: Sendable {
    let folder: Folder
    let tessera: Tessera
    private let time = Mutex<Int64>(0)
    let sentences = Mutex<[String]>([])

    init(_ instant: String = "2026-06-01T00:00:00Z", plugins: Plugins = .builtIn) throws {
        folder = try Folder()
        tessera = Tessera(path: folder / "w.tessera", plugins: plugins)
        try turn(instant)
    }

    func turn(_ instant: String) throws { try time.withLock { $0 = try #require(Instant(text: instant)).milliseconds } }
    var clock: @Sendable () -> Instant { { Instant(milliseconds: self.time.withLock { $0 }) } }

    func worker(
        settings: String? = nil, rules: IdentityRules? = nil, cache: ProfileCacheLimits = ProfileCacheLimits(),
        limits: WorkerLimits = WorkerLimits()
    )
        throws -> Worker
    {
        try Worker(tessera: tessera, settings: settings, rules: rules, cache: cache, limits: limits, clock: clock) { sentence in
            self.sentences.withLock { $0.append(sentence) }
        }
    }

    /// What the shell answers at the same clock.
    func shell(_ line: String, workspace: Workspace? = nil) throws -> JSONObject {
        try Session(tessera: tessera, workspace: workspace, format: .json, clock: clock).answer(try #require(try Command(line))).json
    }

    /// A workspace with the given files, applied to the store.
    func apply(_ files: [String: String]) throws {
        for (name, text) in files { try folder.write(text, as: "w/" + name) }
        _ = try shell("apply", workspace: Workspace(folder: folder / "w"))
    }
}
