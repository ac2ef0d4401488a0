import Connectors
import ConnectorsTesting
import EventModel
import GRDB
import Synchronization
import TestFolder
import Testing

@testable import EnricherTable

private let now = Instant(milliseconds: 0)

/// A table in a folder of its own.
private struct Desk {
    let folder: Folder
    let sentences = Sentences()

    final class Sentences: Sendable {
        let all = Mutex<[String]>([])
    }

    init() throws { folder = try Folder() }

    func make(_ settings: String) throws -> any Enricher {
        let written = try #require(try JSONValue(parsing: settings).asObject)
        return try EnricherRegistry([TableSettings.self]).make(
            "table", settings: written, environment: [:],
            context: ConnectorContext(
                formats: FormatRegistry([]), folder: folder.path, report: { sentence in sentences.all.withLock { $0.append(sentence) } }))
    }

    /// What is wrong with settings.
    func refusal(_ settings: String) -> String {
        do {
            _ = try make(settings)
            return "taken"
        } catch let errors as SettingsErrors { return errors.errors.map(\.description).joined(separator: "\n") } catch { return "\(error)" }
    }
}

private let usual =
    #"{"file":"t.csv","key":"traits.email","keyColumn":"mail","ignoreCase":true,"columns":{"income":{"trait":"income","kind":"number"},"#
    + #""area":"region","member":{"trait":"member","kind":"truth","purpose":"loyalty","ttl":"30d"}}}"#
private let rows = "mail,area,income,member\nAda@mail.test,\"North, \"\"upper\"\"\",12.5,yes\nbob@mail.test,,7,\n\n,South,1,no\n"

@Suite struct TableTests {
    private let desk: Desk

    init() throws { desk = try Desk() }

    private func answer(_ enricher: any Enricher, _ key: JSONValue?) throws -> [GivenTraits] { try enricher.traits(of: [key], at: now) }

    @Test func `a row becomes traits, grouped by purpose and time to live`() throws {
        try desk.folder.write(rows, as: "t.csv")
        let enricher = try desk.make(usual)
        #expect(enricher.parts == [["traits", "email"]] && enricher.purged.isEmpty)
        let ada = try answer(enricher, .string(" ADA@mail.test"))
        #expect(
            ada == [
                GivenTraits(JSONObject([.init("income", .number(12.5)), .init("region", .string(#"North, "upper""#))])),
                GivenTraits(JSONObject([.init("member", .bool(true))]), purpose: "loyalty", timeToLive: .seconds(30 * 86_400)),
            ])
        #expect(try answer(enricher, .string("bob@mail.test")) == [GivenTraits(JSONObject([.init("income", .integer(7))]))])
        for nobody: JSONValue? in [nil, .null, .string(""), .string("eve@mail.test"), .bool(true)] {
            #expect(try answer(enricher, nobody).isEmpty)
        }
    }

    @Test func `a table of a SQLite file gives the same`() throws {
        let path = desk.folder / "t.sqlite"
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            try database.execute(
                sql: #"CREATE TABLE "the people" (id INTEGER, area TEXT, income REAL, vip INTEGER); "#
                    + #"INSERT INTO "the people" VALUES (7, 'North', 1.5, 1), (8, NULL, NULL, NULL), (NULL, 'x', 1, 1)"#)
        }
        let enricher = try desk.make(
            #"{"file":"t.sqlite","table":"the people","key":"userId","keyColumn":"id","columns":{"area":"region","income":"income","#
                + #""vip":{"trait":"vip","kind":"truth"}}}"#)
        let expected = [
            GivenTraits(JSONObject([.init("region", .string("North")), .init("income", .number(1.5)), .init("vip", .bool(true))]))
        ]
        #expect(try answer(enricher, .string("7")) == expected)
        #expect(try answer(enricher, .integer(7)) == expected)
        #expect(try answer(enricher, .integer(8)).isEmpty)
        try database.write { try $0.execute(sql: #"UPDATE "the people" SET area = 'South' WHERE id = 7"#) }
        try database.close()
        enricher.refresh()
        enricher.refresh()
        #expect(try answer(enricher, .integer(7)).first?.traits["region"] == .string("South"))
        #expect(
            desk.refusal(#"{"file":"t.sqlite","table":"people","key":"a","keyColumn":"id","columns":{"a":"a"}}"#).contains("the people"))
    }

    @Test func `a changed file counts at the second look, and a damaged one keeps the one before`() throws {
        try desk.folder.write(rows, as: "t.csv")
        let enricher = try desk.make(usual)
        try desk.folder.write("mail,area,income,member\nada@mail.test,West,9,no\n", as: "t.csv")
        enricher.refresh()
        #expect(try answer(enricher, .string("ada@mail.test")).first?.traits["income"] == .number(12.5))
        enricher.refresh()
        #expect(try answer(enricher, .string("ada@mail.test")).first?.traits["income"] == .integer(9))
        #expect(desk.sentences.all.withLock { $0 } == ["the table was read anew: 1 rows."])
        try desk.folder.write("mail,area,income,member\nada@mail.test,West,lots of money,no\n", as: "t.csv")
        for _ in 0..<4 { enricher.refresh() }
        #expect(try answer(enricher, .string("ada@mail.test")).first?.traits["income"] == .integer(9))
        let said = desk.sentences.all.withLock { $0 }
        #expect(said.count == 2)
        #expect(
            said.last?.hasSuffix(
                "t.csv, record 2: a cell of the column `income` is no number. Write numbers with a decimal point, or `kind: text`.") == true
        )
        #expect(said.last?.contains("money") == false)
    }

    @Test(arguments: [
        ("mail,area,income,member\na@x,\"b,1,no\n", "record 2: a quote is not closed"),
        ("mail,area,income,member\na@x,\"b\"c,1,no\n", "record 2: text follows a closing quote"),
        ("mail,area,income,member\na@x,b,1\n", "record 2: there are 3 cells, and 4 columns"),
        ("mail,area,income,member\na@x,b,1,no\nA@X,b,1,no\n", "record 3: another row has the same key"),
        ("mail,area,income,member\na@x,b,1,perhaps\n", "is neither true nor false"), ("", "it is empty"),
        ("mail,area,incom,member\n", "it has no column `income`. Did you mean `incom`?"),
    ])
    func `a damaged file is refused with its place`(text: String, sentence: String) throws {
        try desk.folder.write(text, as: "t.csv")
        let said = desk.refusal(usual)
        #expect(said.contains(sentence), "\(said)")
        #expect(!said.contains("@x"))
    }

    @Test(arguments: [
        (#"{"key":"a","keyColumn":"b","columns":{"c":"d"}}"#, "needs the setting `file`"),
        (#"{"file":"t.csv","key":"a..b","keyColumn":"b","columns":{"c":"d"}}"#, "is no path"),
        (#"{"file":"gone.csv","key":"a","keyColumn":"b","columns":{"c":"d"}}"#, "there is no such file"),
        (#"{"file":"t.xls","key":"a","keyColumn":"b","columns":{"c":"d"}}"#, "cannot be told by its name"),
        (#"{"file":"t.csv","table":"x","key":"a","keyColumn":"b","columns":{"c":"d"}}"#, "table: only SQLite files"),
        (#"{"file":"t.db","key":"a","keyColumn":"b","columns":{"c":"d"}}"#, "has several tables"),
        (#"{"file":"t.csv","key":"a","keyColumn":"mail","columns":{}}"#, "no column becomes a trait"),
        (#"{"file":"t.csv","key":"a","keyColumn":"mail","columns":{"area":5}}"#, "columns.area: this is neither"),
        (#"{"file":"t.csv","key":"a","keyColumn":"mail","columns":{"area":{"trait":"x","tll":"3d"}}}"#, "Did you mean `ttl`?"),
        (#"{"file":"t.csv","key":"a","keyColumn":"mail","columns":{"area":"x","income":"x"}}"#, "two columns become"),
        (#"{"file":"t.csv","key":"a","keyColum":"mail","columns":{"area":"x"}}"#, "Did you mean `keyColumn`?"),
    ])
    func `settings that cannot be taken are refused in a sentence`(settings: String, sentence: String) throws {
        try desk.folder.write(rows, as: "t.csv")
        let said = desk.refusal(settings)
        #expect(said.contains(sentence), "\(said)")
    }

    @Test(arguments: EnricherContract.allCases)
    func `it keeps the promises of enrichers`(promise: EnricherContract) throws {
        try desk.folder.write(rows, as: "t.csv")
        try promise.verify({ try desk.make(usual) }, known: [[.string("ada@mail.test")], [.string("bob@mail.test")]])
    }
}
