import Content
import EventModel
import Testing

private func offer(_ text: String, key: String? = "banner") throws -> Offer { try Offer(JSONValue(parsing: text), key: key) }

private let banner = """
    {"title":"Banner","variants":{"none":"","vip":"Early access","back":"10 %"},"default":"none",
     "rules":[{"name":"vips","when":"segment \\"vip\\"","variant":"vip"},{"when":"did \\"Left\\"","variant":"back"}]}
    """

@Suite struct OfferTests {
    @Test func `the first rule that holds decides, and later ones are not asked`() throws {
        let offer = try offer(banner)
        var asked: [Int] = []
        let choice = offer.choice { rule in
            asked.append(rule)
            return rule == 0
        }
        #expect(choice == OfferChoice(variant: "vip", value: .string("Early access"), reason: .targetingMatch, rule: "vips"))
        #expect(asked == [0])
        #expect(offer.choice { $0 == 1 } == OfferChoice(variant: "back", value: .string("10 %"), reason: .targetingMatch, rule: "rule 2"))
    }

    @Test func `where no rule holds, none is there or the offer is off, the default is given with the reason`() throws {
        #expect(try offer(banner).choice { _ in false }.reason == .fallback)
        let plain = try offer(#"{"variants":{"on":true,"off":false},"default":"on"}"#)
        #expect(plain.choice { _ in true } == OfferChoice(variant: "on", value: .bool(true), reason: .fixed, rule: nil))
        let off = try offer(
            #"{"enabled":false,"variants":{"on":true,"off":false},"default":"off","rules":[{"when":"true","variant":"on"}]}"#)
        #expect(off.choice { _ in true } == OfferChoice(variant: "off", value: .bool(false), reason: .disabled, rule: nil))
        #expect(OfferChoice.Reason.fallback.rawValue == "DEFAULT" && OfferChoice.Reason.fixed.rawValue == "STATIC")
    }

    @Test(arguments: [
        (#"{"a":true}"#, Offer.Kind.boolean), (#"{"a":"x"}"#, .string), (#"{"a":1}"#, .integer), (#"{"a":1.5}"#, .float),
        (#"{"a":1,"b":0.5}"#, .float), (#"{"a":{"x":[1]}}"#, .object),
    ])
    func `the kind is what the values are`(variants: String, kind: Offer.Kind) throws {
        let offer = try offer(#"{"variants":\#(variants),"default":"a"}"#)
        #expect(offer.kind == kind)
        #expect(try Offer(JSONValue(parsing: offer.text), key: "banner") == offer)
    }

    @Test func `whole numbers of a float offer are floats`() throws {
        let offer = try offer(#"{"kind":"float","variants":{"a":1,"b":0.5},"default":"a"}"#)
        #expect(offer.choice { _ in false }.value == .number(1))
    }

    @Test func `the text of an offer has a line for each part and is read as the same offer`() throws {
        let offer = try offer(banner)
        #expect(
            offer.text == """
                {
                  "title": "Banner",
                  "kind": "string",
                  "enabled": true,
                  "variants": {
                    "none": "",
                    "vip": "Early access",
                    "back": "10 %"
                  },
                  "default": "none",
                  "rules": [
                    {"name":"vips","when":"segment \\"vip\\"","variant":"vip"},
                    {"name":"rule 2","when":"did \\"Left\\"","variant":"back"}
                  ]
                }
                """)
        #expect(try Offer(JSONValue(parsing: offer.text), key: "banner") == offer)
        #expect(offer.json(withKey: true)["key"] == .string("banner"))
    }

    @Test(arguments: [
        ("[]", "", "an offer is a map"), ("{}", "", "the variants are missing"),
        (#"{"variants":{"a":1}}"#, "", "default is missing"), (#"{"variants":{},"default":"a"}"#, "variants", "not a map"),
        (#"{"variants":{"on":1},"default":"onn"}"#, "default", "did you mean on?"),
        (#"{"variants":{"a":1},"default":"a","varaints":{}}"#, "varaints", "did you mean variants?"),
        (#"{"kind":"bool","variants":{"a":true},"default":"a"}"#, "kind", "choose one of boolean"),
        (#"{"kind":"strng","variants":{"a":"x"},"default":"a"}"#, "kind", "did you mean string?"),
        (#"{"kind":"string","variants":{"a":false},"default":"a"}"#, "variants.a", "in quotes"),
        (#"{"kind":"integer","variants":{"a":1.5},"default":"a"}"#, "variants.a", "not a whole number"),
        (#"{"variants":{"a":1,"b":"x"},"default":"a"}"#, "variants.b", "values of one kind"),
        (#"{"variants":{"a":[1]},"default":"a"}"#, "variants.a", "a map"),
        (#"{"variants":{"a":null},"default":"a"}"#, "variants.a", "a map"),
        (#"{"variants":{"a":1},"default":"a","enabled":"yes"}"#, "enabled", "neither true nor false"),
        (#"{"variants":{"a":1},"default":"a","rules":{}}"#, "rules", "not a list"),
        (#"{"variants":{"a":1},"default":"a","rules":[7]}"#, "rules.0", "when and variant"),
        (#"{"variants":{"a":1},"default":"a","rules":[{"variant":"a"}]}"#, "rules.0", "condition"),
        (#"{"variants":{"a":1},"default":"a","rules":[{"when":"true","variant":"left"}]}"#, "rules.0.variant", "choose one of a"),
        (#"{"variants":{"a":1},"default":"a","rules":[{"when":" ","variant":"a"}]}"#, "rules.0.when", "says something"),
        (#"{"variants":{"a":1},"default":"a","rules":[{"if":"true","when":"true","variant":"a"}]}"#, "rules.0.if", "when"),
        (#"{"variants":{"a":1},"default":"a","key":"a b"}"#, "key", "cannot be a key"),
        (#"{"variants":{"a":1},"default":"a","title":5}"#, "title", "not a text"),
    ])
    func `what cannot be an offer is refused, with the place and what to write`(text: String, place: String, says: String) throws {
        let mistakes = try #require(throws: OfferMistakes.self) { try offer(text) }
        let mistake = try #require(mistakes.all.first)
        #expect(mistakes.all.count == 1 || text == "{}", "\(mistakes)")
        #expect(mistake.path.joined(separator: ".") == place)
        #expect("\(mistake.problem); \(mistake.remedy)".contains(says), "\(mistakes)")
    }

    @Test func `every mistake is told in one reading`() throws {
        let mistakes = try #require(throws: OfferMistakes.self) {
            try offer(
                #"{"kind":"x","variants":{"a":1},"default":"b","rules":[{"when":"true","variant":"c"},{"when":"true","variant":"d"}]}"#)
        }
        #expect(mistakes.all.count == 4 && mistakes.description.split(separator: "\n").count == 4)
    }

    @Test(arguments: [("a", true), ("A-9_.~", true), ("", false), ("..", false), ("a/b", false), ("a b", false), ("é", false)])
    func `a key stands in an address as it is`(key: String, isOne: Bool) throws {
        #expect(Offer.accepts(key: key) == isOne)
        let settings = #"{"variants":{"a":1},"default":"a"}"#
        #expect(((try? offer(settings, key: key)) != nil) == isOne)
        #expect(throws: OfferMistakes.self) { try offer(settings, key: nil) }
    }
}
