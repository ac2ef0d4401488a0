import Connectors
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

@testable import DestinationSMTP

extension ServerTests {
    /// What stands in mails, as Python's own `email` reads what a real server took.
    @Suite struct MailTests {
        /// Reads a mail, and says what is in it: headers decoded, and each part with its type and text. Complains of defects and long lines.
        private static let reader = """
            import email, email.policy, json, sys
            raw = open(sys.argv[1], "rb").read().split(b"\\n", 3)[3]
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            parts = [[p.get_content_type(), p.get_content().replace("\\r\\n", "\\n")] for p in mail.walk() if not p.is_multipart()]
            kinds = [p.get_content_type() for p in mail.walk() if p.is_multipart()]
            head = {name.lower(): str(value) for name, value in mail.items()}
            defects = [str(d) for p in mail.walk() for d in p.defects] + [str(d) for v in mail.values() for d in getattr(v, "defects", [])]
            # The library writes the line that names the boundary.
            longest = max(len(line) for line in raw.split(b"\\r\\n") if b"boundary=" not in line)
            bare = raw.replace(b"\\r\\n", b"").count(b"\\n") + raw.replace(b"\\r\\n", b"").count(b"\\r")
            print(json.dumps({"head": head, "names": [n.lower() for n in mail.keys()], "parts": parts, "kinds": kinds,
                              "defects": defects, "longest": longest, "bare": bare, "ascii": raw.isascii()}))
            """

        private func read(_ server: LocalSMTP, _ number: Int) throws -> JSONObject {
            let folder = try Folder()
            let mail = server.mailFolder + "/" + String(format: "%08d.eml", number)
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(filePath: LocalSMTP.python ?? "")
            process.arguments = [try folder.write(Self.reader, as: "read.py"), mail]
            process.standardOutput = output
            try process.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return try #require(try JSONValue(parsing: Array(text.filter { $0 != 10 })).asObject)
        }

        @Test func `a mail is what its templates say, whatever the values are`() async throws {
            let server = try await LocalSMTP()
            let text = "Grüß Gott {.traits.name}!\\n.\\n.. {{braces}} {.n}\\r\\n\(String(repeating: "long ", count: 300))\\n.end"
            let html = "<style>p {{color:red}}</style><p title='{.traits.name}'>{.traits.name} {.n} {.none}</p>"
            let destination = try makeDestination(
                server.settings(
                    #""to":".traits.email","replyTo":"Büro <office@example.com>","html":"\#(html)","fallbacks":{".none":"a & b"},"#
                        + #""unsubscribe":"https://example.com/u?p={.profile}&s=1""#
                ).replacing("It is {.properties.n}.", with: text).replacing("The Shop <", with: #"\"Käse & Co.\" <"#)
                    .replacing("{.messageId}", with: "Für {.traits.name}: 😀 {.n}"))
            let name = #"Zoë <b>&\"'</b> \r\nBcc: eve@example.com\r\n\r\n.\r\n"#
            let record = #"{"profile":"u 1/ü&x","n":9007199254740993,"traits":{"email":" zoe@example.com ","name":"\#(name)"}}"#
            #expect(try await destination.deliver(batch(.profile, [("k", "", record)])).refused.isEmpty)
            let mail = try read(server, 0)
            let head = try #require(mail["head"]?.asObject)
            #expect(mail["defects"] == .array([]) && mail["bare"] == .integer(0) && mail["ascii"] == .bool(true), "\(mail)")
            #expect(try #require(mail["longest"]?.asDouble) <= 78, "\(mail)")
            #expect(head["from"] == .string("\"Käse & Co.\" <shop@example.com>"), "\(head)")
            #expect(head["reply-to"] == .string("Büro <office@example.com>"))
            #expect(head["to"] == .string("zoe@example.com") || head["to"] == .string("<zoe@example.com>"), "\(head)")
            let flat = #"Zoë <b>&"'</b>   Bcc: eve@example.com    .  "#
            #expect(head["subject"] == .string("Für \(flat): 😀 9007199254740993"), "\(head)")
            #expect(head["date"] == .string("Sat, 20 Jun 2026 12:00:00 +0000"))
            #expect(head["list-unsubscribe"] == .string("<https://example.com/u?p=u%201%2F%C3%BC%26x&s=1>"))
            #expect(head["list-unsubscribe-post"] == .string("List-Unsubscribe=One-Click"))
            #expect(head["mime-version"] == .string("1.0") && head["bcc"] == nil)
            let names = try #require(mail["names"]?.asArray)
            #expect(Set(names).count == names.count, "\(names)")
            #expect(head["message-id"]?.asString?.range(of: "^<[0-9a-f]{40}@example.com>$", options: .regularExpression) != nil)
            #expect(mail["kinds"]?.asArray?.last == .string("multipart/alternative"))
            let plain = "Zoë <b>&\"'</b> \nBcc: eve@example.com\n\n.\n"
            let escaped = "Zoë &lt;b&gt;&amp;&quot;&#39;&lt;/b&gt; \nBcc: eve@example.com\n\n.\n"
            let wanted = "Grüß Gott \(plain)!\n.\n.. {braces} 9007199254740993\n\(String(repeating: "long ", count: 300))\n.end"
            #expect(mail["parts"]?.asArray?.first == .array([.string("text/plain"), .string(wanted)]), "\(mail)")
            let page = "<style>p {color:red}</style><p title='\(escaped)'>\(escaped) 9007199254740993 a &amp; b</p>"
            #expect(mail["parts"]?.asArray?.last == .array([.string("text/html"), .string(page)]), "\(mail)")
        }

        @Test func `a large mail arrives whole, and one with a single body has only that`() async throws {
            let server = try await LocalSMTP()
            let lines = (0..<40_000).map { ".\($0) ünd so weiter\n" }.joined()
            let destination = try server.destination(#""to":"a@example.com","text":"{.text}""#.replacing("\"text\"", with: "\"html\""))
            let text = JSONValue.string(lines).text
            let record = #"{"messageId":"m","properties":{"n":1},"text":\#(text)}"#
            #expect(try await destination.deliver(batch(.message, [("m", "", record), ("n", "", record)])).refused.isEmpty)
            let mail = try read(server, 1)
            #expect(mail["defects"] == .array([]) && mail["parts"]?.asArray?.count == 2)
            #expect(mail["parts"]?.asArray?.last == .array([.string("text/html"), .string(lines)]))
            #expect(try #require(mail["longest"]?.asDouble) <= 78)
            let single = try server.destination()
            #expect(try await single.deliver(messages(["x"])).refused.isEmpty)
            let short = try read(server, 2)
            #expect(short["parts"] == .array([.array([.string("text/plain"), .string("It is 1.")])]), "\(short)")
        }

        @Test func `only memberships of the kind and cause that are wanted become mails`() async throws {
            let server = try await LocalSMTP()
            func record(_ key: String, _ entered: Bool, _ cause: String) -> (String, String, String) {
                let traits = #"{"email":"\#(key)@example.com"}"#
                return (
                    key, key, #"{"messageId":"\#(key)","properties":{"n":1},"entered":\#(entered),"cause":"\#(cause)","traits":\#(traits)}"#
                )
            }
            let all = [
                record("1", true, "message"), record("2", false, "clock"), record("3", true, "full"), record("4", true, "definition"),
                record("5", false, "erasure"), record("6", true, "clock"),
            ]
            let wanted = [
                (#""to":"traits.email""#, ["1", "6"]), (#""to":"traits.email","only":"exited""#, ["2"]),
                (#""to":"traits.email","only":"both","causes":["full","erasure","message"]"#, ["1", "3", "5"]),
            ]
            for (settings, expected) in wanted {
                let before = try server.mails().count
                #expect(try await server.destination(settings).deliver(batch(.membership, all)).refused.isEmpty)
                #expect(try server.mails().dropFirst(before).map { $0.header("Subject") } == expected)
            }
        }
    }
}
