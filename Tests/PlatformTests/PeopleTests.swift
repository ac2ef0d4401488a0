import BuiltIn
import EventModel
import Platform
import Storage
import TestFolder
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

    @Test func `people linked by addresses travel with an archive, of profiles alone too`() throws {
        let shop = try Shop(
            """
            {"type":"identify","messageId":"1","userId":"ada","timestamp":"2026-06-01T00:00:00Z","traits":{"email":"Ada@old.example"}}
            {"type":"identify","messageId":"2","userId":"ada","timestamp":"2026-06-02T00:00:00Z","traits":{"email":"ada@new.example"}}
            {"type":"identify","messageId":"3","anonymousId":"laptop","timestamp":"2026-06-03T00:00:00Z","traits":{"email":"ada@old.example"}}
            {"type":"identify","messageId":"4","userId":"bob","timestamp":"2026-06-04T00:00:00Z","traits":{"phone":"+43 660 1234567"}}
            """)
        #expect(try shop.answer("count true").json["count"] == .integer(3))
        // By the trait as long as it links nobody, in the spelling that was sent.
        #expect(try shop.answer("profile email:ada@new.example").json["profile"]?.asObject?["id"] == .string("ada"))
        #expect(throws: CommandError.self) { try shop.answer("profile email:Ada@New.example") }
        var rules = IdentityRules()
        rules.links = [.email, .phone]
        rules.limits[.email] = 5
        let now = Shop.now ?? Instant(milliseconds: 0)
        _ = try shop.tessera.rebuild(rules: (rules, at: now), interruption: Interruption())
        let linked = try digest(shop.tessera)
        #expect(try shop.answer("count true").json["count"] == .integer(2))
        for email in ["Ada@New.example", "ada@old.example"] {
            let profile = try shop.answer("profile email:\(email)").json["profile"]?.asObject
            #expect(profile?["identifiers"]?.asArray?.count == 4 && profile?["id"] == .string("ada"))
        }
        #expect(try shop.answer("timeline phone:00436601234567").json["id"] == .string("bob"))
        for contents in ["all", "profiles"] {
            let archive = shop.folder.path + "/\(contents).gz"
            var request = ExportRequest(file: archive, now: now)
            request.contents = contents
            _ = try shop.tessera.exportArchive(request, interruption: Interruption())
            let other = Tessera(path: shop.folder.path + "/\(contents).tessera", plugins: .builtIn)
            let (summary, failure) = try other.importFiles(ImportRequest(files: [archive]), interruption: Interruption())
            #expect(failure == nil && summary.profiles == 2)
            if contents == "profiles" { _ = try other.rebuild(rules: (rules, at: now), interruption: Interruption()) }
            if contents == "all" { #expect(try digest(other) == linked) }
            let session = Session(tessera: other, now: now, format: .json, clock: { now })
            for email in ["ada@new.example", "ada@old.example"] {
                let command = try #require(try Command("profile email:\(email)"))
                let profile = try session.answer(command).json["profile"]?.asObject
                #expect(profile?["traits"] == .object(JSONObject([.init("email", .string("ada@old.example"))])))
                #expect(profile?["identifiers"]?.asArray?.count == 4)
            }
        }
    }

    @Test func `an import says where the archive's rules are not the store's`() throws {
        let shop = try Shop(messages)
        let now = Shop.now ?? Instant(milliseconds: 0)
        func rebuild(_ tessera: Tessera, _ change: (inout IdentityRules) -> Void) throws {
            var rules = IdentityRules()
            change(&rules)
            _ = try tessera.rebuild(rules: (rules, at: now), interruption: Interruption())
        }
        try rebuild(shop.tessera) { rules in
            rules.links = [.email]
            rules.limits[.user] = 3
        }
        let archive = shop.folder.path + "/all.gz"
        _ = try shop.tessera.exportArchive(ExportRequest(file: archive, now: now), interruption: Interruption())
        let other = Tessera(path: shop.folder.path + "/other.tessera", plugins: .builtIn)
        func remarks() throws -> [String] {
            try other.importFiles(ImportRequest(files: [archive]), interruption: Interruption()).summary.remarks
        }
        let first = try remarks()
        #expect(first.count == 1 && first.first?.contains("takes over") == true && first.first?.contains("links, limits") == true)
        #expect(try remarks().isEmpty)
        try rebuild(other) { rules in
            rules.links = [.email]
            rules.limits[.user] = 3
            rules.blocked = .init(texts: ["x"])
            rules.priorities = [.user]
        }
        let second = try remarks()
        #expect(second.count == 1 && second.first?.contains("(blocked, priorities)") == true, "\(second)")
        #expect(second.first?.contains("all.gz") == true)
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
