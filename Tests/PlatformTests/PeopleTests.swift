import BuiltIn
import EventModel
import Foundation
import Platform
import Storage
import Testing

/// Two people on one tablet, each with a device of their own.
private let messages = """
    {"type":"identify","messageId":"1","userId":"ada","anonymousId":"phone","timestamp":"2026-06-01T00:00:00Z","traits":{"city":"Graz"}}
    {"type":"identify","messageId":"2","userId":"bob","anonymousId":"laptop","timestamp":"2026-06-02T00:00:00Z","traits":{"city":"Linz"}}
    {"type":"track","messageId":"3","userId":"ada","anonymousId":"tablet","event":"Seen","timestamp":"2026-06-03T00:00:00Z"}
    {"type":"track","messageId":"4","userId":"bob","anonymousId":"tablet","event":"Seen","timestamp":"2026-06-04T00:00:00Z"}
    {"type":"track","messageId":"5","anonymousId":"tablet","event":"Seen","timestamp":"2026-06-05T00:00:00Z"}
    """

@Suite struct PeopleTests {
    private func digest(_ tessera: Tessera) throws -> JSONValue? { try tessera.digest(interruption: Interruption()).json["digest"] }

    @Test func `an unmerge and its rules travel with an archive, and rebuilding keeps the digest`() throws {
        let shop = try Shop(messages)
        let merged = try digest(shop.tessera)
        _ = try shop.answer(#"unmerge user_id:ada from user_id:bob because "a tablet in a shop""#)
        let parted = try digest(shop.tessera)
        #expect(parted != merged)
        #expect(
            try shop.answer("profile ada").json["profile"]?.asObject?["traits"] == .object(JSONObject([.init("city", .string("Graz"))])))
        #expect(try shop.answer("timeline anonymous_id:tablet").json["total"] == .integer(3))
        _ = try shop.tessera.rebuild(interruption: Interruption())
        #expect(try digest(shop.tessera) == parted)
        var rules = IdentityRules()
        rules.limits[.anonymous] = 1
        rules.blocked = .init(texts: ["laptop"])
        let rebuilt = try shop.tessera.rebuild(rules: (rules, at: Shop.now ?? Instant(milliseconds: 0)), interruption: Interruption())
        #expect(rebuilt.sentence.contains("rules of identity"))
        let ruled = try digest(shop.tessera)
        #expect(ruled != parted)
        let archive = shop.folder.path + "/all.gz"
        _ = try shop.tessera.exportArchive(
            ExportRequest(file: archive, now: Shop.now ?? Instant(milliseconds: 0)), interruption: Interruption())
        let other = Tessera(path: shop.folder.path + "/other.tessera", plugins: .builtIn)
        let (_, failure) = try other.importFiles(ImportRequest(files: [archive]), interruption: Interruption())
        #expect(failure == nil)
        #expect(try digest(other) == ruled)
        // Importing it again changes nothing, and the decision can be taken back there.
        _ = try other.importFiles(ImportRequest(files: [archive]), interruption: Interruption())
        #expect(try digest(other) == ruled)
        _ = try other.rebuild(rules: (IdentityRules(), at: Instant(milliseconds: 0)), interruption: Interruption())
        #expect(try digest(other) != ruled)
        let session = Session(tessera: other, now: Shop.now, format: .json, clock: { Instant(milliseconds: 0) })
        func answer(_ line: String) throws -> JSONObject {
            let command = try #require(try Command(line))
            return try session.answer(command).json
        }
        _ = try answer("rejoin 1")
        #expect(try answer("count true")["count"] == .integer(1))
    }

    @Test(arguments: [
        ("unmerge nobody", "Nobody has the identifier user_id:nobody"), ("unmerge user_id:ada from phone2", "Nobody has the identifier"),
        ("unmerge user_id:ada from user_id:ada", "not two identifiers"), ("unmerge email:a@b.example", "no identifier that links"),
        ("rejoin 3", "There is none at all"),
    ])
    func `what cannot be parted is told why`(line: String, says: String) throws {
        let error = #expect(throws: CommandError.self) { _ = try Shop(messages).answer(line) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }
}
