import Connectors
import EventModel
import Testing

@testable import ConnectorRedis

@Suite struct SettingsTests {
    @Test func `an address is a host or a socket`() throws {
        let host = try makeSource(#"{"host":"::1","username":"ada","password":"env:PASSWORD","database":2,"streams":["s"]}"#).plan.address
        #expect(host.place == .network(host: "::1", port: 6_379) && host.username == "ada" && host.database == 2)
        #expect(host.timeout == .seconds(30) && host.shown == "Redis at ::1:6379")
        #expect(try makeSource(#"{"socket":"run/redis","streams":["s"]}"#).plan.address.place == .socket(path: "/run/redis"))
    }

    private static let long = String(repeating: "x", count: 1_025)

    @Test(arguments: [
        (#"{"streams":["s"]}"#, [], "nothing says where the server is"),
        (#"{"host":"h","socket":"s","streams":["s"]}"#, ["socket"], "the server has a host already"),
        (#"{"socket":"s","port":1,"streams":["s"]}"#, ["port"], "a socket has no port"),
        (#"{"socket":"\#(long)","streams":["s"]}"#, ["socket"], "this path is too long"),
        (#"{"host":"a\u0000b","streams":["s"]}"#, ["host"], "a character stands in it that no name has"),
        (#"{"host":"h","username":"u","streams":["s"]}"#, ["username"], "there is no password"),
        (#"{"host":"h","password":"hunter2","streams":["s"]}"#, ["password"], "reference"),
        (#"{"host":"h","streams":[]}"#, ["streams"], "there is no stream"),
        (#"{"host":"h","streams":["s","s"]}"#, ["streams", "1"], "this stream is there twice"),
        (#"{"host":"h","streams":["\#(long)"]}"#, ["streams", "0"], "this name is too long"),
        (#"{"host":"h","streams":["s"],"group":"g"}"#, ["group"], "nothing says which consumer of the group this is"),
        (#"{"host":"h","streams":["s"],"consumer":"c"}"#, ["consumer"], "there is no group"),
        (#"{"host":"h","streams":["s"],"claimAfter":5}"#, ["claimAfter"], "there is no group"),
        (#"{"host":"h","streams":["s"],"flat":true,"field":"f"}"#, ["field"], "the fields are the record already"),
        (#"{"host":"h","streams":["s"],"format":"none"}"#, ["format"], "this format cannot be read from records"),
        (#"{"host":"h","streams":["s"],"start":"first"}"#, ["start"], "earliest"),
        (#"{"host":"h","streams":["s"],"timeout":0}"#, ["timeout"], "a number from 0.1"),
        (#"{"host":"h","streams":["s"],"tls":true}"#, ["tls"], "no such setting"),
    ])
    func `wrong settings of a source are refused at their place, and nothing secret is shown`(
        settings: String, path: [String], problem: String
    ) {
        #expect {
            _ = try makeSource(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && "\($0)".contains(problem) && !"\($0)".contains("hunter2")
        }
    }

    @Test(arguments: [
        (#"{"host":"h"}"#, [], "nothing says which stream messages go to"),
        (#"{"host":"h","streams":{"profiles":"x"}}"#, ["streams"], "nothing says which stream messages go to"),
        (#"{"host":"h","stream":"x","streams":{"people":"x"}}"#, ["streams", "people"], "there is no such thing to deliver"),
        (#"{"host":"h","stream":"\#(long)"}"#, ["stream"], "this name is too long"),
        (#"{"host":"h","stream":"x","remember":10}"#, ["remember"], "a whole number from 100000"),
        (#"{"host":"h","stream":"x","maxLength":0}"#, ["maxLength"], "a whole number from 1"),
    ])
    func `wrong settings of a destination are refused at their place`(settings: String, path: [String], problem: String) {
        #expect {
            _ = try makeDestination(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && "\($0)".contains(problem)
        }
    }

    @Test(arguments: ["", "-", "1", "1-", "-1", "1-2-3", "a-1", "18446744073709551616-0", "1-99999999999999999999"])
    func `what is no id of an entry is not taken for one`(text: String) { #expect(StreamID(text.utf8) == nil) }

    @Test func `ids are in order of both numbers`() throws {
        let ids = try ["0-1", "1-0", "1-18446744073709551615", "2-3", "10-0"].map { try #require(StreamID($0.utf8)) }
        #expect(ids == ids.sorted() && ids.map(\.text).last == "10-0")
    }
}
