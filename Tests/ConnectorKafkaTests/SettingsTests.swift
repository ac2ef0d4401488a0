import Connectors
import EventModel
import Testing

@testable import ConnectorKafka

@Suite struct SettingsTests {
    private static let from = #""brokers":["127.0.0.1:1"]"#

    @Test(arguments: [
        #"{\#(from),"topics":["a"]}"#, #"{\#(from),"topics":["a","b.c-d_e"],"group":"g","format":"segment","start":"latest"}"#,
        #"{\#(from),"topics":["a"],"properties":{"sasl.password":"env:SECRET","fetch.max.bytes":1000000,"check.crcs":true}}"#,
    ])
    func `right settings of a source are taken`(settings: String) throws { _ = try makeSource(settings) }

    @Test(arguments: [
        (#"{\#(from),"topics":[]}"#, ["topics"]), (#"{\#(from),"topics":["a","a"]}"#, ["topics", "1"]),
        (#"{\#(from),"topics":["^a.*"]}"#, ["topics", "0"]), (#"{"brokers":[],"topics":["a"]}"#, ["brokers"]),
        (#"{"brokers":["kafka://a:1"],"topics":["a"]}"#, ["brokers", "0"]), (#"{\#(from),"topics":["a"],"format":"csv"}"#, ["format"]),
        (#"{\#(from),"topics":["a"],"format":"hunter"}"#, ["format"]), (#"{\#(from),"topics":["a"],"batchRecords":0}"#, ["batchRecords"]),
        (#"{\#(from),"topics":["a"],"properties":{"sasl.pasword":"env:SECRET"}}"#, ["properties", "sasl.pasword"]),
        (#"{\#(from),"topics":["a"],"properties":{"security.protocol":"hunter2"}}"#, ["properties", "security.protocol"]),
        (#"{\#(from),"topics":["a"],"properties":{"group.id":"x"}}"#, ["properties", "group.id"]),
        (#"{\#(from),"topics":["a"],"properties":{"client.id":["x"]}}"#, ["properties", "client.id"]),
        (#"{\#(from),"topics":["a"],"properties":{"sasl.password":"env:NONE"}}"#, ["properties", "sasl.password"]),
    ])
    func `wrong settings of a source are refused at their place, and nothing secret is shown`(settings: String, path: [String]) {
        #expect {
            _ = try makeSource(settings)
        } throws: { error in
            (error as? SettingsErrors)?.errors.map(\.path) == [path] && !"\(error)".contains("hunter2")
        }
    }

    @Test(arguments: [
        (#"{\#(from)}"#, [String]()), (#"{\#(from),"topics":{"messages":"a"}}"#, ["topics"]),
        (#"{\#(from),"topic":"a b"}"#, ["topic"]), (#"{\#(from),"topic":"a","topics":{"message":"b"}}"#, ["topics", "message"]),
        (#"{\#(from),"topic":"a","topics":{"messages":"?"}}"#, ["topics", "messages"]),
        (#"{\#(from),"topic":"a","properties":{"acks":"1"}}"#, ["properties", "acks"]),
    ])
    func `wrong settings of a destination are refused at their place`(settings: String, path: [String]) {
        #expect {
            _ = try makeDestination(settings)
        } throws: { error in
            (error as? SettingsErrors)?.errors.map(\.path) == [path]
        }
    }

    @Test func `a destination needs a topic for each kind, and no more`() throws {
        _ = try makeDestination(#"{\#(Self.from),"topic":"a"}"#)
        _ = try makeDestination(#"{\#(Self.from),"topics":{"messages":"a","memberships":"b","profiles":"c"}}"#)
    }

    @Test func `a position comes back as it was kept, without topics that are not read any more`() throws {
        var position = KafkaPosition()
        position.offsets = [.init(topic: 0, number: 0): 7, .init(topic: 0, number: 10): 1 << 40, .init(topic: 1, number: 2): 0]
        let checkpoint = position.checkpoint(["a", "b"])
        #expect(checkpoint.position == #"{"a":[[0,7],[10,1099511627776]],"b":[[2,0]]}"#)
        #expect(try KafkaPosition(checkpoint, topics: ["a", "b"]).offsets == position.offsets)
        #expect(try KafkaPosition(checkpoint, topics: ["c", "b"]).offsets == [.init(topic: 1, number: 2): 0])
    }
}
