import Connectors
import EventModel
import Foundation
import Testing

@testable import DestinationWebhook

@Suite struct SettingsTests {
    private static let from = #""secret":"env:SECRET""#

    @Test(arguments: [
        #"{"url":"https://example.com/hooks",\#(from)}"#, #"{"url":"http://localhost:8080/x?y=z",\#(from)}"#,
        #"{"url":"http://127.9.9.9",\#(from)}"#, #"{"url":"http://[::1]:1/x",\#(from)}"#,
        #"{"url":"http://10.0.0.1/x",\#(from),"insecure":true}"#,
        #"{"url":"https://example.com",\#(from),"body":"batch","records":10,"timeout":2.5,"concurrency":8,"previousSecret":"env:OLD"}"#,
    ])
    func `right settings are taken`(settings: String) throws { _ = try makeWebhook(settings) }

    @Test(arguments: [
        (#"{"url":"example.com/hooks",\#(from)}"#, ["url"]), (#"{"url":"ftp://example.com",\#(from)}"#, ["url"]),
        (#"{"url":"https://",\#(from)}"#, ["url"]), (#"{"url":"https://exa mple.com/x",\#(from)}"#, ["url"]),
        (#"{"url":"http://example.com/hunter2",\#(from)}"#, ["url"]), (#"{"url":"http://127.0.0.1.example.com",\#(from)}"#, ["url"]),
        (#"{"url":"http://localhost.example.com",\#(from)}"#, ["url"]), (#"{"url":"https://ada:hunter2@example.com",\#(from)}"#, ["url"]),
        (#"{"url":"https://example.com","secret":"env:BAD"}"#, ["secret"]),
        (#"{"url":"https://example.com","secret":"hunter2"}"#, ["secret"]),
        (#"{"url":"https://example.com",\#(from),"previousSecret":"env:BAD"}"#, ["previousSecret"]),
        (#"{"url":"https://example.com",\#(from),"records":7}"#, ["records"]),
        (#"{"url":"https://example.com",\#(from),"headers":{"Webhook-Id":"hunter2"}}"#, ["headers", "Webhook-Id"]),
        (#"{"url":"https://example.com",\#(from),"headers":{"Content-Length":"1"}}"#, ["headers", "Content-Length"]),
        (#"{"url":"https://example.com",\#(from),"headers":{"a b":"1"}}"#, ["headers", "a b"]),
        (#"{"url":"https://example.com",\#(from),"headers":{"X":"hunter2\r\nY: z"}}"#, ["headers", "X"]),
        (#"{"url":"https://example.com",\#(from),"headers":{"X":7}}"#, ["headers", "X"]),
    ])
    func `wrong settings are refused at their place, and nothing secret is shown`(settings: String, path: [String]) {
        #expect {
            _ = try makeWebhook(settings)
        } throws: { error in
            (error as? SettingsErrors)?.errors.map(\.path) == [path] && !"\(error)".contains("hunter2")
        }
    }
}
