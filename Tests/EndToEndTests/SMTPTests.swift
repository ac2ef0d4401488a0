#if SMTP
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

/// Mails of the real worker.
extension ConnectorTests {
    @Test func `the sample of the smtp page is taken`() throws {
        let sample = "Plugins/DestinationSMTP/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("SMTP_PASSWORD=secret-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("smtp")])
        let refused = try Program.bash("env -u SMTP_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):6, connectors.0.password: the environment has no variable SMTP_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }

    @Test(.enabled(if: LocalSMTP.python != nil, Comment(rawValue: LocalSMTP.missing)))
    func `whoever enters a segment gets a mail with their first name, through kill -9`() async throws {
        let server = try await LocalSMTP()
        let secret = try folder.write(LocalSMTP.password, as: "password")
        _ = try Program.shell.run("--db", store, "-c", "segment buyers = did \"Sold\"")
        let most = 20
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: welcome, kind: smtp, host: localhost, port: \(server.port), certificates: \"\(server.certificate)\", user: tessera, "
                + "password: \"file:\(secret)\", from: \"The Shop <shop@example.com>\", to: traits.email, "
                + "subject: \"Welcome, {.traits.firstName}\", text: \"Dear {.traits.firstName} {.traits.title}\", "
                + "fallbacks: {.traits.title: there}, deliver: [memberships], traits: [email, firstName, title], "
                + "batchRecords: \(most), batchWait: 0.05, retry: {first: 0.1, longest: 1}, breakerRest: 0.5")
        let check = try Program.worker.run("connectors", "check", "welcome", "--config", config)
        #expect(check.output.contains("the user is let in"), "\(check.output)\(check.errors)")
        // Those who enter from here on get one; who was in the segment before does not.
        try people(0..<10, as: "before.ndjson")
        var worker = try start("first")
        try wait { try Program.worker.run("connectors", "reconcile", "welcome", "--db", store, "--config", config).status == 0 }
        try wait { try told("welcome", "delivered") >= 0 && stored()[0] >= 20 }
        worker.terminate()
        worker.waitUntilExit()
        let before = try server.mails().count
        #expect(before <= 10)

        let (rounds, size) = (Self.isLong ? 30 : 4, 100)
        try await server.tell("faults rcpt=41 lost=67")
        try await killed(rounds: rounds, life: 500...1500) { round in
            try people((100 + round * size)..<(100 + (round + 1) * size), as: "\(round).ndjson")
        }
        try await server.tell("faults ")
        worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        let all = Set((100..<(100 + rounds * size)).map { "u\($0)@example.com" })
        try wait { try Set(server.mails().map(\.recipient)).isSuperset(of: all) }
        let mails = try server.mails().filter { all.contains($0.recipient) }
        var ids: [String: Set<String>] = [:]
        for mail in mails {
            let number = mail.recipient.dropFirst().prefix { $0 != "@" }
            #expect(mail.header("Subject") == "Welcome, Ada \(number)")
            #expect(mail.text.contains("\r\n\r\nDear Ada \(number) there\r\n"))
            ids[mail.recipient, default: []].insert(mail.header("Message-ID") ?? "")
        }
        // Mails come again only of a batch that a kill cut off, or whose answer was lost, and then with the same Message-ID.
        #expect(ids.values.allSatisfy { $0.count == 1 } && Set(ids.values.flatMap { $0 }).count == all.count)
        #expect(mails.count - all.count <= rounds * most + mails.count / 67 + 1, "\(mails.count)")
        try wait { try told("welcome", "dead") == 0 }
    }

    /// People who say who they are, and buy.
    private func people(_ numbers: Range<Int>, as name: String) throws {
        let lines = numbers.map { number in
            #"{"type":"identify","userId":"u\#(number)","messageId":"i\#(number)","timestamp":"2026-06-01T00:00:00Z","#
                + #""traits":{"email":"u\#(number)@example.com","firstName":"Ada \#(number)"}}"# + "\n"
                + #"{"type":"track","event":"Sold","userId":"u\#(number)","messageId":"m\#(number)","timestamp":"2026-06-01T00:00:01Z"}"#
                + "\n"
        }
        let part = try folder.write(lines.joined(), as: "part")
        #expect(rename(part, folder / ("in/" + name)) == 0)
    }

    private func told(_ connector: String, _ count: String) throws -> Double {
        try list().first { $0["name"] == .string(connector) }?[count]?.asDouble ?? -1
    }
}
#endif
