import Connectors
import EventModel
import Foundation
import TestFolder
import Testing

@testable import ConnectorLibrary

/// Libraries in C, built by the compiler that came with Swift.
struct BuiltLibrary {
    let folder: Folder
    let path: String

    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// - Parameter defined: Words that the preprocessor is given.
    init(_ source: String, _ defined: String...) async throws {
        folder = try Folder()
        path = folder / "library.so"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let headers = Self.sources.appendingPathComponent("../../Modules/CConnector/include").standardized.path
        process.arguments =
            ["clang", "-shared", "-fPIC", "-O1", "-I", headers, "-o", path] + defined.map { "-D\($0)" }
            + [Self.sources.appendingPathComponent("Libraries/\(source).c").path]
        // Whoever waited here would keep one of the few threads that all tests share.
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in done.resume() }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        try #require(process.terminationStatus == 0, "\(source).c cannot be built")
    }

    private func settings(_ written: String, _ more: String = "") throws -> JSONObject {
        try #require(try JSONValue(parsing: #"{"path":"\#(path)","settings":{\#(written)}\#(more)}"#).asObject)
    }

    private func context(_ report: @escaping @Sendable (String) -> Void) -> ConnectorContext {
        ConnectorContext(formats: FormatRegistry([]), folder: folder.path, isRunOnce: true, report: report)
    }

    func source(_ written: String = "", _ more: String = "", report: @escaping @Sendable (String) -> Void = { _ in }) throws -> any Source {
        try SourceRegistry([LibrarySettings.self]).make(
            "library", settings: settings(written, more), environment: ["TOKEN": "hidden"], context: context(report))
    }

    func destination(_ written: String = "", _ more: String = "") throws -> any Destination {
        try DestinationRegistry([LibrarySettings.self]).make(
            "library", settings: settings(written, more), environment: ["TOKEN": "hidden"], context: context { _ in })
    }

    /// A source that does wrong, in a process of its own.
    func faulty(_ fault: String, mark: String = "", memory: Int = 256 << 20) -> LibrarySource {
        LibrarySource(
            connector: BlockingConnector(
                HelperCalls(
                    path, memory: memory, settings: [("fault", fault)] + (mark.isEmpty ? [] : [("mark", mark)]),
                    patience: .seconds(fault == "hang" ? 20 : 120),
                    report: { _ in })),
            interval: nil)
    }
}
