import EventModel
import Foundation
import TestFolder
import Testing

/// Requests that others send to the real worker.
extension ConnectorTests {
    @Test(.enabled(if: python != nil, "python3 is not there, and the sender is written in it"))
    func `what a webhook was told is kept is there once, through kill -9`() throws {
        let secret = try folder.write("the secret of the shop", as: "secret")
        try configure(
            "name: shop, kind: webhook, signature: hmac, header: X-Sign, secret: \"file:\(secret)\", idHeader: X-Delivery, "
                + "userId: .customer")
        let (kills, count) = (Self.isLong ? 60 : 4, Self.isLong ? 60_000 : 2_000)
        let outcome = try Program.run(
            python ?? "", ["-B", scripts + "/webhook.py", Program.worker.path, Program.shell.path, store, config, "\(kills)", "\(count)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let told = try outcome.json
        // One more came after the pause.
        #expect(told["stored"] == .integer(Int64(count + 1)) && told["distinct"] == told["stored"], "\(told)")
        #expect(told["again"] == .array([.integer(200)]) && told["refused"] == .integer(401) && told["nobody"] == .integer(404), "\(told)")
        #expect(told["quarantined"] == .integer(200) && told.value(at: ["listed", "quarantined"]) == .integer(1), "\(told)")
        #expect(told["paused"] == .array([.integer(503), .string("60")]) && told["resumed"] == .integer(200), "\(told)")
        #expect(told.value(at: ["listed", "accepted"])?.asDouble ?? 0 > Double(count) * 0.9 && told["status"] == .integer(0), "\(told)")
        #expect(told.value(at: ["check", "found"])?.asString?.hasPrefix("it is sent to: ") == true, "\(told)")
        #expect(told["run"]?.asString?.contains("there is nothing to read by hand") == true, "\(told)")
    }

    @Test func `the sample of the webhook page is taken`() throws {
        let sample = "Plugins/SourceWebhook/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let secrets = "SHOP_SECRET=secret-of-the-shop PAGE_SECRET=secret-of-the-page PAGE_TOKEN=token-of-the-page"
        let outcome = try Program.bash("\(secrets) \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("webhook"), .string("webhook")])
    }
}
