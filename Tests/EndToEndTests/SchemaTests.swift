import EventModel
import Foundation
import TestFolder
import Testing

/// The worker is what its OpenAPI document says.
@Suite(.serialized) struct SchemaTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    private static let settings = """
        http:
          keys:
            - {name: web, role: write, secret: "env:WEB_KEY"}
            - {name: desk, role: read, secret: "env:DESK_KEY"}
            - {name: operator, role: admin, secret: "env:ADMIN_KEY"}
          limits: {streams: 1}
        trackingPlan: {events: {Order Completed: {properties: {revenue: {kind: number}}}}}
        """
    private static let offer = """
        title: Banner on the home page
        variants: {plain: Welcome, vip: Early access}
        default: plain
        rules: [{name: buyers, when: segment "buyers", variant: vip}]
        """

    @Test(
        .enabled(if: schemaPython != nil, "schemathesis is a Python package, and no Python has it here"),
        arguments: isLong ? [(200, 1), (200, 2), (200, 3)] : [(10, 1)])
    func `schemathesis finds nothing wrong with a worker that has people, segments, offers and keys`(examples: Int, seed: Int) throws {
        let folder = try Folder()
        for part in ["segments", "offers"] {
            try FileManager.default.createDirectory(atPath: folder / "w/\(part)", withIntermediateDirectories: true)
        }
        _ = try folder.write("did \"Order Completed\"\n", as: "w/segments/buyers.segment")
        _ = try folder.write("count(\"Order Completed\" within 1h) >= 2\n", as: "w/segments/keen.segment")
        _ = try folder.write(Self.offer, as: "w/offers/home-banner.yaml")
        let settings = try folder.write(Self.settings, as: "tessera.yaml")
        let outcome = try Program.run(
            schemaPython ?? "",
            ["-B", scripts + "/schema.py", Program.worker.path, folder / "s.tessera", folder / "w", settings]
                + [packageFolder + "/Tools/samples", "\(examples)", "\(seed)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let told = try outcome.json
        let (report, ok) = (told["report"]?.asString ?? "", JSONValue.integer(200))
        #expect(told["sent"] == ok && told["parted"] == ok && told["streaming"] == ok, "\(told)")
        #expect(told["tester"] == .integer(0), "\(report)")
        #expect(report.contains("32 selected / 32 total"), "\(report)")
        #expect(told["alive"] == ok && told["status"] == .integer(0), "\(told)")
    }
}
