import Connectors
import EventModel
import Testing

@testable import ConnectorNATS

@Suite struct SettingsTests {
    private static let from = #""servers":["nats://h:1"]"#

    @Test(arguments: [
        (#"{"servers":[],"stream":"s"}"#, ["servers"], "there is no server"),
        (#"{"servers":["h:1"],"stream":"s"}"#, ["servers", "0"], "this is no address of a server"),
        (#"{"servers":["http://h"],"stream":"s"}"#, ["servers", "0"], "this is no address of a server"),
        (#"{"servers":["nats://h","nats://a:hunter2@h"],"stream":"s"}"#, ["servers", "1"], "somebody's name stands in the address"),
        (#"{"servers":["tls://h"],"stream":"s"}"#, [], "nothing says whose certificates are trusted"),
        (#"{\#(from),"caFile":"f","stream":"s"}"#, ["caFile"], "no server is asked for TLS"),
        (#"{\#(from),"username":"u","stream":"s"}"#, ["username"], "user and password belong together"),
        (#"{\#(from),"password":"env:PASSWORD","stream":"s"}"#, ["password"], "user and password belong together"),
        (#"{\#(from),"token":"env:PASSWORD","credentialsFile":"f","stream":"s"}"#, ["credentialsFile"], "another way to log in"),
        (#"{\#(from),"token":"hunter2","stream":"s"}"#, ["token"], "reference"),
        (#"{\#(from),"stream":"a.b"}"#, ["stream"], "a character that none may have"),
        (#"{\#(from),"stream":"s","durable":"a b"}"#, ["durable"], "a character that none may have"),
        (#"{\#(from),"stream":"s","subject":"a..b"}"#, ["subject"], "this is no subject"),
        (#"{\#(from),"stream":"s","subject":">.a"}"#, ["subject"], "this is no subject"),
        (#"{\#(from),"stream":"s","format":"none"}"#, ["format"], "this format cannot be read from records"),
        (#"{\#(from),"stream":"s","batchRecords":0}"#, ["batchRecords"], "a whole number from 1"),
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
        (#"{\#(from)}"#, [], "nothing says which subject messages go to"),
        (#"{\#(from),"subject":"a.*"}"#, ["subject"], "this stands for several"),
        (#"{\#(from),"subject":"a","subjects":{"profiles":"a b"}}"#, ["subjects", "profiles"], "this is no subject"),
        (#"{\#(from),"subject":"a","subjects":{"people":"a"}}"#, ["subjects", "people"], "there is no such thing to deliver"),
    ])
    func `wrong settings of a destination are refused at their place`(settings: String, path: [String], problem: String) {
        #expect {
            _ = try makeDestination(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && "\($0)".contains(problem)
        }
    }
}
