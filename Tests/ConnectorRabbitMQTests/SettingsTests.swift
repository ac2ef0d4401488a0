import Connectors
import EventModel
import Testing

@testable import ConnectorRabbitMQ

@Suite struct SettingsTests {
    private static let from = #""url":"amqp://tessera@127.0.0.1","password":"env:PASSWORD""#

    @Test func `an address names host, port, user and virtual host`() throws {
        let source = try makeSource(
            #"{"url":"amqps://ada%40shop@[::1]:1234/a%2Fb","password":"env:PASSWORD","caFile":"ca.pem","queue":"q"}"#)
        let address = source.plan.address
        #expect(address.port == 1_234 && address.user == "ada@shop" && address.vhost == "a/b" && address.caFile == "/ca.pem")
        let usual = try makeSource("{\(Self.from),\"queue\":\"q\"}").plan.address
        #expect(usual.port == 5_672 && usual.vhost == "/" && usual.user == "tessera")
    }

    @Test(arguments: [
        (#"{"url":"http://127.0.0.1","queue":"q"}"#, ["url"]), (#"{"url":"127.0.0.1","queue":"q"}"#, ["url"]),
        (#"{"url":"amqp://a:hunter2@127.0.0.1","queue":"q"}"#, ["url"]), (#"{"url":"amqp://127.0.0.1/a/b","queue":"q"}"#, ["url"]),
        (#"{"url":"amqp://127.0.0.1/a","vhost":"b","queue":"q"}"#, ["vhost"]), (#"{"url":"amqps://127.0.0.1","queue":"q"}"#, []),
        (#"{"url":"amqp://127.0.0.1","caFile":"a","queue":"q"}"#, ["caFile"]), (#"{\#(from),"queue":"q","prefetch":0}"#, ["prefetch"]),
        (#"{\#(from),"queue":"q","poison":"drop"}"#, ["poison"]), (#"{\#(from),"queue":"q","format":"hunter"}"#, ["format"]),
        (#"{"url":"amqp://127.0.0.1","password":"hunter2","queue":"q"}"#, ["password"]),
    ])
    func `wrong settings of a source are refused at their place, and nothing secret is shown`(settings: String, path: [String]) {
        #expect {
            _ = try makeSource(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && !"\($0)".contains("hunter2")
        }
    }

    @Test(arguments: [
        (#"{\#(from)}"#, [String]()), (#"{\#(from),"routingKeys":{"profiles":"x"}}"#, ["routingKeys"]),
        (#"{\#(from),"routingKey":"x","routingKeys":{"people":"x"}}"#, ["routingKeys", "people"]),
        (#"{\#(from),"routingKey":"x","timeout":0}"#, ["timeout"]),
    ])
    func `wrong settings of a destination are refused at their place`(settings: String, path: [String]) {
        #expect {
            _ = try makeDestination(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path]
        }
    }
}
