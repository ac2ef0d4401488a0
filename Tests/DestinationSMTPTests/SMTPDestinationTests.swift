import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import LocalServers
import Synchronization
import Testing

@testable import DestinationSMTP

extension ServerTests {
    /// Mails to a real server.
    @Suite struct SMTPDestinationTests {
        @Test(arguments: DestinationContract.allCases)
        func `mails keep the promises`(promise: DestinationContract) async throws {
            let server = try await LocalSMTP()
            // As whoever tells mails by their Message-ID sees them.
            try await promise.verify({ try server.destination() }, arrived: { try server.subjects() })
        }

        @Test(arguments: ["starttls", "tls", "none"])
        func `a probe logs in, says what it found, and sends nothing`(security: String) async throws {
            let server = try await LocalSMTP(security)
            let isPlain = security == "none"
            let settings = isPlain ? server.settings().replacing(#""certificates":"\#(server.certificate)","#, with: "") : server.settings()
            let text = isPlain ? settings.replacing(#""user":"tessera","password":"env:PASSWORD","#, with: "") : settings
            let destination = try makeDestination(text + #","security":"\#(security)""#)
            let found = try await destination.probe()
            let ways = isPlain ? "it is spoken to without TLS, nobody logs in" : "it is spoken to with TLS, the user is let in"
            #expect(found == "SMTP at localhost:\(server.port) is there; \(ways), it takes mails of up to 8388608 bytes.")
            #expect(try await destination.deliver(messages(["a"])).refused.isEmpty)
            #expect(try server.subjects() == ["a"])
        }

        @Test func `a batch goes over one connection, and only what was not answered comes again`() async throws {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email""#)
            let keys = (0..<200).map { "k\($0)" }
            #expect(try await destination.deliver(messages(keys)).refused.isEmpty)
            let mails = try server.mails()
            #expect(Set(mails.map(\.connection)).count == 1 && mails.map(\.recipient) == keys.map { $0 + "@example.com" })
            #expect(mails.allSatisfy { $0.sender == "shop@example.com" && $0.header("To") == "<\($0.recipient)>" })

            // The 50th of the next is put off: the others arrive, and it alone comes again.
            try await server.tell("faults full=n50@")
            let more = (0..<100).map { "n\($0)" }
            let error = await #expect(throws: ConnectorError.self) { try await destination.deliver(messages(more)) }
            #expect(error?.recovery == .retry(after: nil))
            #expect(error.map { "\($0)" }?.contains("answers 452 4.2.2 to the recipient") == true && !"\(error as Any)".contains("example"))
            #expect(try server.mails().count == 299)
            try await server.tell("faults ")
            #expect(try await destination.deliver(messages(more)).refused.isEmpty)
            #expect(try server.mails().count == 300 && server.mails().last?.recipient == "n50@example.com")
            #expect(try Set(server.mails().map(\.text)).count == 300)
        }

        @Test func `later mails to somebody wait for one that was put off`() async throws {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email""#)
            try await server.tell("faults full=a@")
            func record(_ key: String, _ address: String, _ profile: String) -> (String, String, String) {
                (key, profile, #"{"messageId":"\#(key)","traits":{"email":"\#(address)@example.com"},"properties":{"n":1}}"#)
            }
            let both = batch(.message, [record("1", "a", "ada"), record("2", "b", "bob"), record("3", "new-a", "ada")])
            await #expect(throws: ConnectorError.self) { try await destination.deliver(both) }
            #expect(try server.subjects() == ["2"])
            try await server.tell("faults ")
            #expect(try await destination.deliver(both).refused.isEmpty)
            #expect(try server.subjects() == ["2", "1", "3"])
        }

        @Test func `what the server will never take is refused, and no address is shown`() async throws {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email""#)
            try await server.tell("faults gone=b@ spam=messageId-c")
            var all = messages(["a", "b", "messageId-c", "d"])
            let addresses = [
                #"{}"#, #"{"traits":{"email":""}}"#, #"{"traits":{"email":7}}"#, #"{"traits":{"email":"x@y\r\nRCPT TO:<z@y>"}}"#,
            ]
            for (index, json) in addresses.enumerated() { all.append(.profile, key: "r\(index)", profile: "", json: json.utf8) }
            let receipt = try await destination.deliver(all)
            #expect(
                receipt.refused.map(\.reason) == [
                    "The server answers 550 5.1.1 to the recipient.", "The server answers 554 5.7.1 to the mail.",
                    "The record has no address at `traits.email`.", "The record has no address at `traits.email`.",
                    "The record has no address at `traits.email`.",
                    "What the record has at `traits.email` is no address of a mail in ASCII.",
                ])
            #expect(receipt.refused.map(\.record) == [1, 2, 4, 5, 6, 7])
            #expect(try server.subjects() == ["a", "d"])
            // Larger than the server says that it takes; smaller than what is made.
            let large = String(repeating: "x", count: 3 << 20)
            let html = try server.destination(#""to":"a@example.com","html":"{.large}{.large}""#)
            let record = #"{"messageId":"m","properties":{"n":1},"large":"\#(large)"}"#
            #expect(
                try await html.deliver(batch(.message, [("m", "", record)])).refused.map(\.reason)
                    == ["The mail has more than 4194304 bytes."])
        }

        @Test func `thousands of mails through a server that stumbles: none is lost, and none comes twice that was answered`() async throws
        {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email""#)
            let keys = (0..<(2_000 * scale)).map { "k\($0)" }
            try await server.tell("faults rcpt=37 data=53 cut=71 gone=k13")
            var (refused, failures): (Set<String>, Int) = ([], 0)
            for start in stride(from: 0, to: keys.count, by: 250) {
                let part = Array(keys[start..<min(keys.count, start + 250)])
                while true {
                    do {
                        for refusal in try await destination.deliver(messages(part)).refused { refused.insert(part[refusal.record]) }
                        break
                    } catch {
                        #expect(error.recovery == .retry(after: nil), "\(error)")
                        failures += 1
                    }
                }
            }
            let gone = Set(keys.filter { $0.hasPrefix("k13") })
            #expect(refused == gone && failures > 10)
            let arrived = try server.mails().map(\.recipient)
            #expect(arrived.count == keys.count - gone.count)
            #expect(Set(arrived) == Set(keys.filter { !gone.contains($0) }.map { $0 + "@example.com" }))
        }

        @Test func `answers that are lost or never come, and a server that dies, lose nothing; what comes twice has one Message-ID`()
            async throws
        {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email","timeout":5"#)
            let keys = (0..<(1_500 * scale)).map { "k\($0)" }
            try await server.tell("faults lost=97 hang=499")
            var failures = 0
            for (number, start) in stride(from: 0, to: keys.count, by: 250).enumerated() {
                let part = Array(keys[start..<min(keys.count, start + 250)])
                // While the batch is on its way.
                let fault = Task.detached {
                    if number % 3 == 1 {
                        try await server.tell("crash")
                        try await server.tell("start")
                    }
                }
                while true {
                    do {
                        #expect(try await destination.deliver(messages(part)).refused.isEmpty)
                        break
                    } catch {
                        #expect(error.recovery == .retry(after: nil), "\(error)")
                        failures += 1
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                try await fault.value
            }
            let mails = try server.mails()
            var first: [String: String] = [:]
            for mail in mails {
                let id = try #require(mail.header("Message-ID"))
                #expect(first[mail.recipient] ?? id == id)
                first[mail.recipient] = id
            }
            #expect(Set(first.keys) == Set(keys.map { $0 + "@example.com" }) && failures > 0)
            #expect(Set(first.values).count == keys.count)
            // Only where the answer was lost, or the server died before it.
            #expect(mails.count - keys.count <= failures)
        }

        @Test func `a server that takes nothing now is left alone`() async throws {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email""#)
            for (rules, text) in [("busy=1", "421 4.3.2 to the recipient"), ("rcpt=1", "451 4.7.1 to the recipient")] {
                try await server.tell("faults " + rules)
                let error = await #expect(throws: ConnectorError.self) {
                    try await destination.deliver(messages((0..<50).map { "k\($0)" }))
                }
                #expect(error?.recovery == .retry(after: nil) && "\(error as Any)".contains(text), "\(error as Any)")
            }
            #expect(try server.mails().isEmpty)
        }

        @Test func `what only settings can mend is told, and no secret`() async throws {
            let server = try await LocalSMTP()
            let plain = try await LocalSMTP("none")
            let other = server.settings().replacing("localhost", with: "127.0.0.1")
            let wrong: [(settings: String, faults: String, text: String)] = [
                (server.settings().replacing("env:PASSWORD", with: "env:WRONG"), "", "does not let the user in (535 5.7.8)"),
                (server.settings().replacing(#""certificates":"\#(server.certificate)","#, with: ""), "", "certificate is not trusted"),
                (other, "", "certificate is not trusted"),
                (server.settings().replacing("certificate.pem", with: "none.pem"), "", "cannot be read, or holds none"),
                (
                    server.settings().replacing(#""user":"tessera","password":"env:PASSWORD","#, with: ""), "",
                    "wants a login (530 5.7.0). Write `user`"
                ),
                (server.settings(), "sender=550", "does not take the sender (550 5.1.8). Mend `from`"),
                (server.settings(port: plain.port), "", "offers no STARTTLS"),
            ]
            for (settings, faults, text) in wrong {
                try await server.tell("faults " + faults)
                let destination = try makeDestination(settings)
                let error = await #expect(throws: ConnectorError.self) { try await destination.deliver(messages(["a"])) }
                #expect(error?.recovery == .mendSettings && "\(error as Any)".contains(text), "\(error as Any)")
                #expect(!"\(error as Any)".contains("hunter") && !"\(error as Any)".contains("@"))
            }
            #expect(try server.mails().isEmpty && plain.mails().isEmpty)
        }

        @Test func `what may pass is tried again: no server, one that hangs, another protocol`() async throws {
            let server = try await LocalSMTP()
            let encrypted = try await LocalSMTP("tls")
            let destination = try server.destination(#""to":"traits.email","timeout":1"#)
            // It takes connections, and says nothing.
            try await server.tell("freeze")
            var error = await #expect(throws: ConnectorError.self) { try await destination.deliver(messages(["a"])) }
            #expect(error?.recovery == .retry(after: nil) && "\(error as Any)".contains("no answer came"), "\(error as Any)")
            error = await #expect(throws: ConnectorError.self) { try await destination.probe() }
            #expect(error?.recovery == .retry(after: nil) && "\(error as Any)".contains("no answer came"), "\(error as Any)")
            try await server.tell("thaw")
            #expect(try await server.destination(#""to":"traits.email""#).deliver(messages(["b"])).refused.isEmpty)
            try await server.tell("crash")
            error = await #expect(throws: ConnectorError.self) { try await destination.deliver(messages(["c"])) }
            #expect(error?.recovery == .retry(after: nil) && "\(error as Any)".contains("nobody takes a connection"), "\(error as Any)")
            try await server.tell("start")
            // TLS where none is spoken from the beginning, and the other way round.
            let early = try makeDestination(server.settings() + #","security":"tls""#)
            error = await #expect(throws: ConnectorError.self) { try await early.deliver(messages(["d"])) }
            #expect(error?.recovery == .retry(after: nil) && "\(error as Any)".contains("`security: tls`"), "\(error as Any)")
            let late = try makeDestination(server.settings(port: encrypted.port) + #","timeout":1"#)
            error = await #expect(throws: ConnectorError.self) { try await late.deliver(messages(["e"])) }
            #expect(error?.recovery == .retry(after: nil), "\(error as Any)")
            #expect(try server.subjects() == ["b"] && encrypted.mails().isEmpty)
        }

        @Test func `a delivery to a server that hangs ends when it is cancelled`() async throws {
            let server = try await LocalSMTP()
            let destination = try server.destination(#""to":"traits.email","timeout":3600"#)
            try await server.tell("freeze")
            let task = Task { try await destination.deliver(messages(["a"])) }
            // However far it came by then.
            try await Task.sleep(for: .milliseconds(300))
            task.cancel()
            await #expect(throws: ConnectorError.self) { try await task.value }
            try await server.tell("thaw")
            #expect(try await destination.deliver(messages(["a"])).refused.isEmpty)
            #expect(try server.subjects().suffix(1) == ["a"])
        }
    }
}
