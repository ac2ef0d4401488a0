import EventModel
import Testing

private let shop = #"""
    {"events": {"Order Completed": {
        "properties": {
          "order_id": {"kind": "text", "required": true, "minimumLength": 3, "maximumLength": 12, "action": "reject"},
          "revenue": {"kind": "number", "required": true, "minimum": 0, "maximum": 1000000},
          "quantity": {"kind": "integer", "action": "coerce"},
          "gift": {"kind": "truth", "action": "coerce"},
          "currency": {"kind": "text", "normalise": "currency", "enumeration": ["EUR", "USD"]},
          "coupon": {"kind": "text", "pattern": "[A-Z0-9]{4,10}", "action": "flag"},
          "ordered_at": {"kind": "time", "minimum": "2020-01-01", "action": "flag"},
          "discount": {"kind": "number"},
          "products": {"kind": "array", "minimumCount": 1, "maximumCount": 2, "elements": {"kind": "object", "properties": {
            "price": {"kind": "number", "minimum": 0, "action": "coerce"}, "sku": {"required": true, "action": "flag"}}}},
          "address": {"kind": "object", "properties": {"country": {"normalise": "country"}, "zip": null}, "additionalProperties": "flag"}
        },
        "additionalProperties": "flag",
        "rules": [{"atMost": ["discount", "revenue"]}, {"requires": ["coupon", "discount"], "name": "coupon-says-how-much", "action": "flag"}]
      }},
      "traits": {"properties": {"email": {"kind": "text", "normalise": "email", "action": "reject"}}}}
    """#

@Suite struct TrackingPlanTests {
    @Test func `a message that keeps the plan is accepted as it is`() throws {
        let good = try track("Order Completed", #"{"order_id":"o-77","revenue":129.9,"currency":"EUR","quantity":2}"#)
        let verdict = try plan(shop).verdict(on: good)
        #expect(verdict == Verdict(outcome: .accepted, message: good))
    }

    @Test(arguments: [
        (#"{"order_id":"o-77","revenue":-1}"#, "revenue/minimum", "property 'revenue' is below the minimum, 0"),
        (#"{"order_id":"o-77","revenue":1000001}"#, "revenue/maximum", "is above the maximum, 1000000"),
        (#"{"order_id":"o-77","revenue":"12"}"#, "revenue/kind", "is a text of 2 characters, not a number"),
        (#"{"order_id":"o-77"}"#, "revenue/required", "is required and is not there"),
        (#"{"order_id":"o-77","revenue":null}"#, "revenue/required", "is required and is not there"),
        (#"{"order_id":"o-77","revenue":1,"currency":"CHF"}"#, "currency/enumeration", #"Send one of: "EUR", "USD"."#),
        (#"{"order_id":"o-77","revenue":1,"currency":"$"}"#, "currency/normalise", "which is not a currency"),
        (#"{"order_id":"o-77","revenue":1,"quantity":"two"}"#, "quantity/kind", "that cannot be turned into an integer"),
        (#"{"order_id":"o-77","revenue":1,"products":[]}"#, "products/minimumCount", "has 0 elements, fewer than 1"),
        (#"{"order_id":"o-77","revenue":1,"products":[{"sku":1},{"sku":1},{"sku":1}]}"#, "products/maximumCount", "has 3 elements"),
        (#"{"order_id":"o-77","revenue":1,"products":[5]}"#, "products[]/kind", "property 'products[]' is a number, not an object"),
        (#"{"order_id":"o-77","revenue":1,"address":{"country":"Atlantis"}}"#, "address.country/normalise", "which is not a country"),
        (#"{"order_id":"o-77","revenue":1,"discount":2}"#, "rules/atMost(discount,revenue)", "'discount' is not at most 'revenue'"),
    ])
    func `a broken rule quarantines with its reason`(properties: String, rule: String, words: String) throws {
        let bad = try track("Order Completed", properties)
        let verdict = try plan(shop).verdict(on: bad)
        let reason = try #require(verdict.reason)
        #expect(verdict.outcome == .quarantined(reason: reason))
        #expect(verdict.fired.contains(FiredRule(rule: "Order Completed/\(rule)", action: .quarantine)))
        #expect(
            reason.hasPrefix("Order Completed") && reason.contains(words) && reason.contains("(rule Order Completed/\(rule))"), "\(reason)")
        #expect(verdict.message == bad && verdict.changes.isEmpty && verdict.flags.isEmpty)
    }

    @Test func `rejecting goes before quarantine, and every rule that fired is told`() throws {
        let verdict = try plan(shop).verdict(on: try track("Order Completed", #"{"revenue":-5,"coupon":"x","discount":-9}"#))
        #expect(
            verdict.outcome
                == .rejected(
                    reason: "Order Completed, property 'order_id' is required and is not there (rule Order Completed/order_id/required). "
                        + "Send it with every such message."))
        #expect(
            verdict.fired == [
                FiredRule(rule: "Order Completed/order_id/required", action: .reject),
                FiredRule(rule: "Order Completed/revenue/minimum", action: .quarantine),
                FiredRule(rule: "Order Completed/coupon/pattern", action: .flag),
            ])
    }

    @Test func `coercing turns what can be turned and keeps what came`() throws {
        let came = try track(
            "Order Completed",
            #"{"order_id":"o-77","revenue":8,"quantity":" 2 ","gift":"Yes","products":[{"price":"4.50","sku":"a"}],"address":{"country":"Österreich"}}"#
        )
        var settings = shop
        settings.replace(#""normalise": "country""#, with: #""normalise": {"country": {"names": {"Österreich": "AT"}}}"#)
        let verdict = try plan(settings).verdict(on: came)
        #expect(verdict.outcome == .amended)
        #expect(verdict.flags.isEmpty)
        #expect(
            verdict.message.json["properties"]?.text
                == #"{"order_id":"o-77","revenue":8,"quantity":2,"gift":true,"products":[{"price":4.5,"sku":"a"}],"address":{"country":"AT"}}"#
        )
        #expect(
            verdict.message.json["context"]?.text
                == #"{"tessera":{"original":{"/properties/quantity":" 2 ","/properties/gift":"Yes","/properties/products/0/price":"4.50","/properties/address/country":"Österreich"}}}"#
        )
        #expect(verdict.fired.map(\.action) == [.coerce, .coerce, .coerce, .coerce])
        #expect(verdict.changes[0] == PlanChange(pointer: "/properties/quantity", before: .string(" 2 "), after: .integer(2)))
        #expect(verdict.message.beforePlan == came)
    }

    @Test func `flags are written into the message, each once`() throws {
        let came = try track(
            "Order Completed",
            #"{"order_id":"o-77","revenue":8,"coupon":"lower","ordered_at":"1999-01-01","products":[{},{}],"utm":1,"address":{"zip":5,"street":6}}"#,
            context: #"{"ip":"192.0.2.1"}"#)
        let verdict = try plan(shop).verdict(on: came)
        let rules =
            ["coupon/pattern", "ordered_at/minimum", "products[].sku/required", "address/additionalProperties", "additionalProperties"]
            + ["rules/coupon-says-how-much"]
        #expect(verdict.outcome == .amended)
        #expect(verdict.flags == rules.map { "Order Completed/\($0)" })
        #expect(verdict.message.context["ip"] == .string("192.0.2.1"))
        #expect(verdict.message.json.value(at: ["context", "tessera", "flags"]) == .array(verdict.flags.map { .string($0) }))
        #expect(verdict.message.json["properties"] == came.json["properties"])
        #expect(verdict.message.beforePlan == came)
        let again = try plan(shop).verdict(on: verdict.message)
        #expect(again.message == verdict.message && again.flags == verdict.flags, "Judged again it says the same once.")
    }

    @Test func `what stands in the record's place is kept`() throws {
        let plan = try plan(shop)
        for context in ["{}", "null", #"{"tessera":5}"#, #"{"a":1,"tessera":{"flags":[],"original":{"/context":1}},"b":2}"#] {
            let came = try track("Order Completed", #"{"order_id":"o-77","revenue":8,"utm":1,"quantity":"3"}"#, context: context)
            let verdict = plan.verdict(on: came)
            #expect(verdict.outcome == .amended)
            #expect(verdict.message.beforePlan == came)
        }
        let deep = String(repeating: "[", count: 125) + String(repeating: "]", count: 125)
        let came = try track("Order Completed", #"{"order_id":"o-77","revenue":8,"utm":1}"#, context: #"{"tessera":\#(deep)}"#)
        let verdict = plan.verdict(on: came)
        #expect(verdict.fired.last == FiredRule(rule: TrackingPlan.recordRule, action: .quarantine))
        #expect(verdict.message == came && verdict.reason?.contains("context.tessera nests too deep") == true)
    }

    @Test func `traits, groups, pages and screens have plans of their own`() throws {
        let plan = try plan(
            #"""
            {"traits": {"properties": {"email": {"normalise": "email", "action": "reject"}}},
             "groupTraits": {"properties": {"name": {"required": true}}},
             "pages": {"properties": {"path": {"kind": "text"}}}, "screens": {"additionalProperties": "reject"}}
            """#)
        func judged(_ json: String) throws -> Verdict {
            plan.verdict(on: try sent(#"{"userId":"u","messageId":"m","timestamp":"2026-03-14","# + json + "}"))
        }
        let person = try judged(#""type":"identify","traits":{"email":" Ada@Example.COM "}"#)
        #expect(person.message.traits["email"] == .string("ada@example.com"))
        let unreadable = try judged(#""type":"identify","traits":{"email":"Ada Lovelace of London"}"#)
        #expect(
            unreadable.outcome
                == .rejected(
                    reason:
                        "Identify, trait 'email' is a text of 22 characters, which is not an e-mail address (rule traits/email/normalise). "
                        + "Send an address such as name@example.com."))
        #expect(try judged(#""type":"group","groupId":"g""#).fired == [FiredRule(rule: "groupTraits/name/required", action: .quarantine)])
        #expect(try judged(#""type":"page","properties":{"path":5}"#).fired == [FiredRule(rule: "pages/path/kind", action: .quarantine)])
        let screen = try judged(#""type":"screen","properties":{"secret@example.com":5}"#)
        #expect(screen.fired == [FiredRule(rule: "screens/additionalProperties", action: .reject)])
        #expect(try judged(#""type":"alias","previousId":"a""#).outcome == .accepted)
    }

    @Test(arguments: [("allow", nil), ("flag", PlanAction.flag), ("quarantine", .quarantine), ("reject", .reject)])
    func `events that are not planned are treated as set`(setting: String, action: PlanAction?) throws {
        let plan = try plan(#"{"unplannedEvents": "\#(setting)", "events": {"Seen": null}}"#)
        let stranger = plan.verdict(on: try track("Order Complete", "{}"))
        #expect(stranger.fired == (action.map { [FiredRule(rule: "unplannedEvents", action: $0)] } ?? []))
        if let reason = stranger.reason { #expect(reason.hasPrefix("The event 'Order Complete' is not in the tracking plan")) }
        #expect(try plan.verdict(on: track("Seen", "{}")).outcome == .accepted)
    }

    @Test func `names are one where their scalars are`() throws {
        let plan = try plan(#"{"unplannedEvents": "reject", "events": {"Caf\u00e9": {}}}"#)
        #expect(try plan.verdict(on: track(#"Caf\u00e9"#, "{}")).outcome == .accepted)
        #expect(try plan.verdict(on: track(#"Cafe\u0301"#, "{}")).reason != nil)
    }

    @Test func `an action is taken from the nearest place that sets one`() throws {
        let plan = try plan(
            #"""
            {"action": "flag", "events": {
              "A": {"properties": {"x": {"kind": "number"}}},
              "B": {"action": "reject", "properties": {"x": {"kind": "number"}, "y": {"kind": "number", "action": "quarantine"},
                "z": {"kind": "number", "minimum": 1, "actions": {"minimum": "flag"}}}}}}
            """#)
        func action(_ event: String, _ properties: String) throws -> [PlanAction] {
            plan.verdict(on: try track(event, properties)).fired.map(\.action)
        }
        #expect(try action("A", #"{"x":"a"}"#) == [.flag])
        #expect(try action("B", #"{"x":"a"}"#) == [.reject])
        #expect(try action("B", #"{"y":"a"}"#) == [.quarantine])
        #expect(try action("B", #"{"z":"a"}"#) == [.reject])
        #expect(try action("B", #"{"z":0}"#) == [.flag])
        #expect(plan.rules == ["A/x/kind", "B/x/kind", "B/y/kind", "B/z/kind", "B/z/minimum"])
    }

    @Test(arguments: [
        ("atMost", #"{"a":2,"b":2}"#, true), ("atMost", #"{"a":3,"b":2}"#, false), ("atMost", #"{"a":3}"#, true),
        ("atMost", #"{"a":"2026-01-02","b":"2026-01-01T00:00:00Z"}"#, false), ("atMost", #"{"a":"x","b":"y"}"#, false),
        ("lessThan", #"{"a":2,"b":2}"#, false), ("lessThan", #"{"a":9007199254740992,"b":9007199254740993}"#, true),
        ("equal", #"{"a":2,"b":2.0}"#, true), ("equal", #"{"a":"x","b":"y"}"#, false), ("equal", #"{"a":"x","b":"x"}"#, true),
        ("atLeastOneOf", #"{"a":null}"#, false), ("atLeastOneOf", #"{"b":0}"#, true), ("atMostOneOf", #"{"a":1,"b":1}"#, false),
        ("exactlyOneOf", "{}", false), ("exactlyOneOf", #"{"a":1}"#, true), ("exactlyOneOf", #"{"a":1,"b":1}"#, false),
        ("allOrNone", "{}", true), ("allOrNone", #"{"a":1}"#, false), ("allOrNone", #"{"a":1,"b":1}"#, true),
        ("requires", #"{"b":1}"#, true), ("requires", #"{"a":1}"#, false), ("requires", #"{"a":1,"b":1}"#, true),
    ])
    func `rules across properties`(relation: String, properties: String, kept: Bool) throws {
        let plan = try plan(#"{"events": {"E": {"properties": {"a": null, "b": null}, "rules": [{"\#(relation)": ["a", "b"]}]}}}"#)
        let verdict = plan.verdict(on: try track("E", properties))
        #expect((verdict.outcome == .accepted) == kept)
        #expect(verdict.fired == (kept ? [] : [FiredRule(rule: "E/rules/\(relation)(a,b)", action: .quarantine)]))
    }

    @Test func `rules reach into objects`() throws {
        let plan = try plan(
            #"""
            {"events": {"E": {"properties": {"a": {"kind": "object", "properties": {"x.y": null}}, "b": null}, "rules": [{"lessThan": ["a.x.y", "b"]}]}}}
            """#)
        #expect(try plan.verdict(on: track("E", #"{"a":{"x.y":2},"b":1}"#)).reason != nil)
        #expect(try plan.verdict(on: track("E", #"{"a":{"x.y":0},"b":1}"#)).outcome == .accepted)
    }

    @Test func `reasons hold no value`() throws {
        let secret = "ada.lovelace+secret"
        let everything = try plan(shop)
        for properties in [
            #"{"order_id":"\#(secret)","revenue":"\#(secret)","currency":"\#(secret)","quantity":"\#(secret)","address":"\#(secret)"}"#,
            #"{"order_id":"o-77","revenue":8,"products":["\#(secret)"]}"#, #"{"order_id":"o-77","revenue":8,"currency":"\#(secret)"}"#,
        ] {
            let reason = everything.verdict(on: try track("Order Completed", properties)).reason
            #expect(reason != nil && reason?.contains("ada") == false)
        }
    }
}
