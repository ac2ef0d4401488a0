import Connectors
import EventModel
import ScriptedWeb
import Testing

@testable import WebClient

@Suite struct WebClientTests {
    private func get(_ server: ScriptedWebServer, timeout: Duration = .seconds(60), keeping most: Int) async throws -> WebAnswer {
        try await WebClient.send(WebRequest("GET", server.url), to: "there", timeout: timeout, keeping: most)
    }

    @Test func `requests arrive as they are, and answers come back with what was asked for`() async throws {
        let server = try await ScriptedWebServer { _ in .answer(201, headers: ["X-Place": "here"], body: "abcdef") }
        let request = WebRequest("PUT", server.url + "?a=1", headers: [("X-Mine", "yes")], body: Array("text".utf8))
        let answer = try await WebClient.send(request, to: "there", timeout: .seconds(60), keeping: 6)
        #expect(answer.status == 201 && answer.header("x-place") == "here" && answer.body == Array("abcdef".utf8) && !answer.isCut)
        let seen = try #require(server.requests.first)
        #expect(seen.method == "PUT" && seen.target == "/hook?a=1" && seen.headers["x-mine"] == "yes" && seen.text == "text")
        #expect(seen.headers["user-agent"] == "Tessera")
        let cut = try await get(server, keeping: 5)
        #expect(cut.body == Array("abcde".utf8) && cut.isCut)
        let none = try await get(server, keeping: 0)
        #expect(none.status == 201 && none.body.isEmpty && none.isCut)
        await server.close()
    }

    @Test func `an answer that breaks off, never ends or never comes is a failure that says so`() async throws {
        for (reaction, said) in [
            (ScriptedWebServer.Reaction.cut, "the connection was closed before an answer came"),
            (.silence, "no answer came within the setting `timeout`"), (.endless, "no answer came within the setting `timeout`"),
        ] {
            let server = try await ScriptedWebServer { _ in reaction }
            let error = await #expect(throws: ConnectorError.self) {
                // One that is cut off is told at once, however busy the machine is.
                let isCut = if case .cut = reaction { true } else { false }
                _ = try await get(server, timeout: isCut ? .seconds(300) : .milliseconds(300), keeping: 10)
            }
            #expect(error?.problem == said && error?.place == "there" && error?.recovery == .retry(after: nil))
            await server.close()
        }
        let closed = try await ScriptedWebServer()
        await closed.close()
        let error = await #expect(throws: ConnectorError.self) { _ = try await get(closed, keeping: 0) }
        #expect(error?.problem == "nobody takes connections there")
    }

    @Test func `messages show nothing of an address but where it is`() throws {
        let address = try WebAddress("https://Example.com:8443/hooks/T0/s3cret?token=x#y", isInsecure: false)
        #expect(address.shown == "https://Example.com:8443")
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("0", .zero), ("99999999999999999999", .seconds(86_400)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)),
        ("Sun, 06 Nov 1994 08:48:37 GMT", .zero), ("soon", nil), ("", nil), ("-3", nil),
    ])
    func `what a server asks to wait is read`(text: String, expected: Duration?) throws {
        let now = try #require(Instant(text: "1994-11-06T08:49:00Z"))
        #expect(RetryAfter.wait(text, now: now) == expected)
    }
}
