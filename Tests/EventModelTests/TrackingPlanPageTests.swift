import EventModel
import Foundation
import Testing

/// The worked example of `Documentation/TrackingPlan.md`: each message of the page, and what the page says of it.
@Suite struct TrackingPlanPageTests {
    /// The page's plan; its YAML says the same.
    private static let settings = #"""
        {"unplannedEvents": "flag",
         "events": {"Order Completed": {
            "properties": {
              "order_id": {"kind": "text", "required": true, "action": "reject"},
              "revenue": {"kind": "number", "required": true, "minimum": 0, "maximum": 1000000, "actions": {"kind": "coerce"}},
              "discount": {"kind": "number", "minimum": 0},
              "currency": {"kind": "text", "normalise": {"currency": {"signs": {"$": "USD"}}}, "enumeration": ["EUR", "USD"]},
              "coupon": {"kind": "text", "pattern": "[A-Z0-9]{4,10}", "action": "flag"},
              "products": {"kind": "array", "minimumCount": 1, "elements": {"kind": "object", "properties": {
                "product_id": {"kind": "text", "required": true}, "price": {"kind": "number", "minimum": 0}}}}
            },
            "additionalProperties": "flag",
            "rules": [{"atMost": ["discount", "revenue"]}, {"requires": ["coupon", "discount"], "action": "flag"}]
         }},
         "traits": {"properties": {
            "email": {"kind": "text", "normalise": "email"},
            "phone": {"kind": "text", "normalise": {"phone": {"callingCode": 43}}, "action": "flag"},
            "gender": {"normalise": {"map": {"f": "female", "w": "female", "m": "male"}}, "action": "flag"}}}}
        """#

    @Test func `what the page says is what happens`() throws {
        let page = try String(contentsOf: checkout.appendingPathComponent("Documentation/TrackingPlan.md"), encoding: .utf8)
        let plan = try plan(Self.settings)
        let example = page.components(separatedBy: "## A worked example")[1].components(separatedBy: "\n## ")[0]
        let blocks = example.components(separatedBy: "```json\n").dropFirst()
        var pending: Verdict?
        var checked = 0
        for block in blocks {
            let parts = block.components(separatedBy: "\n```")
            let object = try #require(JSONValue(parsing: parts[0]).asObject)
            if let verdict = pending {
                #expect(verdict.message.json == object, "The page shows another message than \(verdict.message.json.text)")
                pending = nil
            } else {
                let verdict = plan.verdict(on: try Message(json: object, derivedID: nil))
                checked += 1
                if verdict.outcome == .amended { pending = verdict }
                if let reason = verdict.reason { #expect(parts[1].contains("> \(reason)"), "The page lacks: \(reason)") }
                if verdict.outcome == .accepted { #expect(parts[1].contains("is stored as it came")) }
            }
        }
        #expect(checked == 6 && pending == nil)
    }
}
