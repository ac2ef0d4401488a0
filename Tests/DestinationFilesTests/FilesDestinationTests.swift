import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import TestFolder
import Testing

@testable import DestinationFiles

@Suite struct FilesDestinationTests {
    private let folder: Folder
    private var out: String { folder / "out" }

    init() throws { folder = try Folder() }

    private func make(rotate: Int = 700) -> FilesDestination { FilesDestination(folder: out, rotate: rotate) }

    private func lines() throws -> [JSONObject] {
        try FolderWriter.files(out).flatMap { file in
            try #require(FileManager.default.contents(atPath: out + "/" + file)).split(separator: 10).map {
                try #require(try JSONValue(parsing: Array($0)).asObject)
            }
        }
    }

    @Test(arguments: DestinationContract.allCases) func `a folder keeps the promises`(promise: DestinationContract) async throws {
        try await promise.verify({ make() }, arrived: { try lines().compactMap { $0["key"]?.asString } })
    }

    @Test func `a folder in which a file cannot be begun gets the rest later`() async throws {
        let manager = FileManager.default
        var blocked: String?
        try await DestinationFaultContract.arrivesWholeAfterAFailure.verify(
            { make() },
            fault: { fault in
                if let path = blocked { try manager.removeItem(atPath: path) }
                blocked = nil
                guard case .fails = fault else { return }
                // It stands where the file behind the last one would be begun.
                let number = try FolderWriter.files(out).last.flatMap { Int($0.dropLast(7)) } ?? 1
                let path = out + "/" + String(format: "%06d.ndjson", number + 1)
                try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
                blocked = path
            }, arrived: { try lines().compactMap { $0["key"]?.asString } })
    }

    @Test func `lines hold the records, and files follow one another`() async throws {
        let keys = (0..<20).map { "a\"\($0)" }
        for start in stride(from: 0, to: 20, by: 2) { _ = try await make().deliver(DestinationContract.batch(keys[start..<(start + 2)])) }
        let found = try lines()
        #expect(found.compactMap { $0["key"]?.asString } == keys)
        #expect(found[3]["kind"] == .string("message") && found[3]["profile"] == .string("u0"))
        #expect(found[3].value(at: ["record", "properties", "n"]) == .integer(3))
        #expect(try FolderWriter.files(out).count > 2)
    }

    @Test func `a line that was cut short is written anew`() async throws {
        let keys = (0..<6).map { "k\($0)" }
        _ = try await make(rotate: 1 << 20).deliver(DestinationContract.batch(keys[..<3]))
        let file = out + "/000001.ndjson"
        let size = try #require(FileManager.default.contents(atPath: file)).count
        truncate(file, off_t(size - 20))
        _ = try await make(rotate: 1 << 20).deliver(DestinationContract.batch(keys[..<6]))
        #expect(try lines().compactMap { $0["key"]?.asString } == keys)
    }

    @Test func `a folder that cannot be made says so, and can be tried again`() async throws {
        _ = try folder.write("a file", as: "out")
        await #expect {
            _ = try await make().deliver(DestinationContract.batch(["k"]))
        } throws: { ($0 as? ConnectorError)?.recovery == .retry(after: nil) }
    }
}
