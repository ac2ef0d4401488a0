#if Avro
import BuiltIn
import Connectors
import EventModel
import Foundation
import Platform
import TestFolder
import Testing

/// How the section `schemas` is read.
struct SchemaPlanTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write(#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#, as: "good/1.avsc")
        try folder.write(#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#, as: "good/10.avsc")
        try folder.write("# of no version", as: "good/README.md")
        try folder.write(#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#, as: "broken/1.avsc")
        try folder.write(#"{"type":"record","name":"R","fields":[{"name":"b","type":"int"}]}"#, as: "broken/2.avsc")
        try folder.write("{", as: "damaged/1.avsc")
        try folder.write("{}", as: "named/v1.avsc")
        try folder.write("", as: "empty/README.md")
    }

    private func plan(_ text: String) throws -> SchemaPlan {
        try SchemaPlan(settings: try JSONValue(parsing: text), registry: Plugins.builtIn.schemas, folder: SettingsFolder(folder.path))
    }

    @Test func `versions are read in their order, and payload can name the schema`() throws {
        let plan = try plan(#"[{"name":"orders","kind":"avro","path":"good","framing":"single-object"}]"#)
        let set = try #require(plan.sets.first)
        #expect(set.files.map(\.number) == [1, 10] && set.compatibility == .backward && set.framing.name == "single-object")
        #expect(set.comparisons.map { $0.keeps(.full) } == [false])
        for name in ["orders", "avro"] { #expect(try plan.payloads.codec(named: name) != nil) }
        #expect(plan.payloads.identity(of: "orders") != plan.payloads.identity(of: "avro"))
    }

    @Test(arguments: [
        (#"{"kind":"avro","path":"good"}"#, "0.name: this schema needs a name"),
        (#"{"name":"json","kind":"avro","path":"good"}"#, "0.name: `json` is a payload that there is already"),
        (#"{"name":"avro","kind":"avro","path":"good"}"#, "0.name: `avro` is a payload that there is already"),
        (#"{"name":"a","kind":"thrift","path":"good"}"#, "0.kind: this is no kind of schema. There are: 'avro'"),
        (#"{"name":"a","kind":"avro"}"#, "0: `avro` needs the setting `path`"),
        (#"{"name":"a","kind":"avro","path":"good","compatible":"full"}"#, "0.compatible: `avro` has no such setting. Did you mean"),
        (#"{"name":"a","kind":"avro","path":"good","compatibility":"backwards"}"#, "0.compatibility: this is not 'none'"),
        (
            #"{"name":"a","kind":"avro","path":"good","framing":"magic"}"#,
            "0.framing: there is no framing `magic` of avro. There are: 'confluent'"
        ),
        (#"{"name":"a","kind":"avro","path":"good","message":"R"}"#, "0.message: a file of avro holds one kind of record"),
        (#"{"name":"a","kind":"avro","path":"good","ids":{"x":1}}"#, "0.ids.x: this is no id and a version that there is"),
        (#"{"name":"a","kind":"avro","path":"good","ids":{"7":2}}"#, "0.ids.7: this is no id and a version that there is"),
        (#"{"name":"a","kind":"avro","path":"nowhere"}"#, "nowhere cannot be read"),
        (#"{"name":"a","kind":"avro","path":"empty"}"#, "has no version"),
        (#"{"name":"a","kind":"avro","path":"named"}"#, "named/v1.avsc is called by no version's number"),
        (#"{"name":"a","kind":"avro","path":"damaged"}"#, "damaged/1.avsc is no schema of the kind avro. It is not JSON"),
        (
            #"{"name":"a","kind":"avro","path":"broken"}"#,
            "broken/2.avsc, version 2, breaks the compatibility backward; it cannot read what version 1 wrote: The field `b`: the writer does not write it"
        ),
        (
            #"{"name":"a","kind":"avro","path":"good","compatibility":"full"}"#,
            "good/10.avsc, version 10, breaks the compatibility full; version 1 cannot read what it writes: The field `a`: long cannot be read as int"
        ),
        (#"{"name":"a","kind":"avro","path":"good"},{"name":"a","kind":"avro","path":"good"}"#, "1.name: another schema is called `a`"),
    ]) func `mistakes are told with their place`(entry: String, sentence: String) throws {
        let error = #expect(throws: SettingsErrors.self) { _ = try plan("[\(entry)]") }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        #""kind":"kafka","brokers":["127.0.0.1:1"],"topics":["a"]"#,
        #""kind":"kafka","brokers":["127.0.0.1:1"],"topic":"a","deliver":["messages"]"#,
        #""kind":"rabbitmq","url":"amqp://u@127.0.0.1:1/","password":"env:SECRET","queue":"a""#,
        #""kind":"rabbitmq","url":"amqp://u@127.0.0.1:1/","password":"env:SECRET","routingKey":"a","deliver":["messages"]"#,
        #""kind":"nats","servers":["nats://127.0.0.1:1"],"stream":"a""#,
        #""kind":"nats","servers":["nats://127.0.0.1:1"],"subject":"a","deliver":["messages"]"#,
        #""kind":"redis","host":"127.0.0.1","streams":["a"]"#,
        #""kind":"redis","host":"127.0.0.1","stream":"a","deliver":["messages"]"#,
        #""kind":"kinesis","stream":"a","region":"eu-west-1","accessKeyID":"env:SECRET","secretAccessKey":"env:SECRET""#,
        #""kind":"kinesis","stream":"a","region":"eu-west-1","accessKeyID":"env:SECRET","secretAccessKey":"env:SECRET","deliver":["messages"]"#,
    ]) func `every broker reads and writes what payload names, and refuses what nobody knows`(settings: String) throws {
        let kinds = Plugins.builtIn.connectors
        guard let kind = try JSONValue(parsing: "{\(settings)}").asObject?["kind"]?.asString,
            kinds.described.contains(where: { $0.descriptor.name == kind })
        else { return }
        let payloads = try plan(#"[{"name":"orders","kind":"avro","path":"good"}]"#).payloads
        func connectors(_ payload: String) throws -> ConnectorPlan {
            try ConnectorPlan(
                settings: try JSONValue(parsing: #"[{"name":"a","payload":"\#(payload)",\#(settings)}]"#), kinds: kinds,
                environment: ["SECRET": "x"],
                context: ConnectorContext(formats: Plugins.builtIn.formats, payloads: payloads, folder: folder.path))
        }
        do {
            #expect(try connectors("orders").entries.first?.written != connectors("avro").entries.first?.written)
            _ = try connectors("json")
        } catch let error as SettingsErrors { Issue.record("\(error)") }
        let error = #expect(throws: SettingsErrors.self) { _ = try connectors("order") }
        #expect(
            error?.errors.map(\.path) == [["0", "payload"]] && error?.description.contains("Did you mean `orders`?") == true,
            "\(error?.description ?? "")")
    }
}
#endif
