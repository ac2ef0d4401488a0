import EventModel
import Testing

@Suite struct TrackingPlanSettingsTests {
    @Test(arguments: ["{}", "null", #"{"events": null}"#, #"{"events": {"E": null}}"#, #"{"events": {"E": {"properties": {"a": null}}}}"#])
    func `a plan may say nothing`(json: String) throws {
        #expect(try planErrors(json) == nil)
        #expect(try plan(json).rules.isEmpty)
    }

    /// Settings of property `p` of event `E`, and what is said of them.
    @Test(arguments: [
        (
            #"{"kind": "textt"}"#,
            "kind: there is no kind 'textt'. Did you mean 'text'? Choose from: text, number, integer, truth, time, array, object."
        ),
        (#"{"kindd": "text"}"#, "kindd: there is no setting 'kindd'. Did you mean 'kind'? Choose from: kind, required,"),
        (#"{"kind": 5}"#, "kind: this is a number. Write one of: text,"),
        (#"{"action": "drop"}"#, "action: there is no action 'drop'. Choose from: reject, quarantine, coerce, flag."),
        (#"{"actions": {"minimum": "flag"}}"#, "actions.minimum: there is no rule of this value 'minimum'. Leave it out."),
        (#"{"required": "yes"}"#, "required: this is a text of 3 characters. Write true or false."),
        (#"{"minimum": 5}"#, "minimum: minimum is for kind: number or kind: integer or kind: time, and here the kind is not said."),
        (#"{"kind": "number", "minimum": "five"}"#, "minimum: this is a text of 4 characters, not a number. Write a number."),
        (#"{"kind": "time", "minimum": 5}"#, #"minimum: this is a number, not a time. Write a time such as "2026-01-01"."#),
        (#"{"kind": "number", "minimum": 5, "maximum": 4}"#, "minimum: minimum is above maximum, so that no value fits. Exchange the two."),
        (#"{"kind": "time", "minimum": "2026-01-02", "maximum": "2026-01-01"}"#, "minimum: minimum is above maximum"),
        (#"{"kind": "text", "minimumLength": -1}"#, "minimumLength: this is not a count. Write a whole number from 0."),
        (#"{"kind": "number", "pattern": "[A-Z0-9]{4,10}"}"#, "pattern: pattern is for kind: text, and here the kind is number."),
        (#"{"kind": "text", "pattern": "(?=x)"}"#, "pattern: look-around in patterns is not supported. Write it without."),
        (#"{"kind": "text", "pattern": "(?!x)"}"#, "pattern: look-around in patterns is not supported. Write the pattern in another way."),
        (#"{"kind": "text", "pattern": 5}"#, "pattern: this is a number, not a pattern."),
        (#"{"enumeration": []}"#, "enumeration: an enumeration lists at least one value."),
        (#"{"enumeration": [1, 1]}"#, "enumeration.1: this value stands here twice. Leave one out."),
        (#"{"kind": "text", "enumeration": [5]}"#, "enumeration.0: this is a number, and the kind is text. Write a text."),
        (#"{"normalise": "currency", "enumeration": ["eur"]}"#, #"enumeration.0: the normaliser never gives "eur". Write "EUR"."#),
        (#"{"normalise": "emial"}"#, "normalise: there is no normaliser 'emial'. Choose from: email, phone, date, currency, country, map."),
        (#"{"normalise": "map"}"#, "normalise: a map says what becomes what."),
        (#"{"normalise": {"map": null}}"#, "normalise.map: the map is empty."),
        (#"{"normalise": {"map": {"f": []}}}"#, "normalise.map.f: a word becomes a text, a number or a truth."),
        (#"{"normalise": {"map": {"a": "b", "b": "c"}}}"#, "normalise.map.b: 'b' or what it becomes is the same word as another one"),
        (#"{"normalise": {"email": null, "phone": null}}"#, "normalise: a value has one normaliser."),
        (#"{"normalise": {"phone": {"callingCode": 999}}}"#, "normalise.phone.callingCode: this is not a calling code."),
        (
            #"{"normalise": {"date": {"order": "dayfirst"}}}"#,
            "normalise.date.order: there is no order 'dayfirst'. Did you mean 'dayFirst'?"
        ),
        (#"{"normalise": {"email": {"ignoringDots": "gmail.com"}}}"#, "normalise.email.ignoringDots: this is not a list of domains."),
        (
            #"{"normalise": {"currency": {"signs": {"$": "Dollar"}}}}"#,
            "normalise.currency.signs.$: this is not a code. Write an ISO 4217 code such as USD."
        ),
        (#"{"normalise": {"country": {"names": {"Kosovo": "xk"}}}}"#, "normalise.country.names.Kosovo: this is not a code."),
        (#"{"kind": "number", "normalise": "email"}"#, "normalise: email gives texts, and the kind is number. Write kind: text."),
        (#"{"kind": "text", "elements": {}}"#, "elements: elements is for kind: array, and here the kind is text."),
        (#"{"kind": "array", "elements": {"required": true}}"#, "elements.required: elements of an array are always there."),
        (#"{"properties": {}}"#, "properties: properties is for kind: object, and here the kind is not said."),
        ("5", " this is a number. Write an object: kind, required,"),
    ])
    func `a wrong setting of a property is refused`(settings: String, sentence: String) throws {
        let errors = try planErrors(#"{"events": {"E": {"properties": {"p": \#(settings)}}}}"#) ?? []
        let place = "trackingPlan.events.E.properties.p" + (sentence.hasPrefix(" ") ? ":" : ".")
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix(place + sentence) == true, "\(errors)")
    }

    @Test(arguments: [
        (#"{"event": {}}"#, "trackingPlan.event: there is no setting 'event'. Did you mean 'events'?"),
        (#"{"events": []}"#, "trackingPlan.events: this is an array of 0 elements. Write an object: events by their names."),
        (#"{"events": {"": {}}}"#, "trackingPlan.events.: an event's name is empty."),
        (
            #"{"events": {"E": {"properties": {"": null}}}}"#,
            "trackingPlan.events.E.properties.: a property's name is empty. Write the name it has in messages."
        ),
        (
            #"{"unplannedEvents": "coerce"}"#,
            "trackingPlan.unplannedEvents: there is no choice 'coerce'. Choose from: allow, flag, quarantine, reject."
        ),
        (#"{"traits": {"property": {}}}"#, "trackingPlan.traits.property: there is no setting 'property'. Did you mean 'properties'?"),
        (#"{"events": {"E": {"rules": 5}}}"#, "trackingPlan.events.E.rules: this is a number. Write a list of rules."),
        (#"{"events": {"E": {"rules": [null]}}}"#, "trackingPlan.events.E.rules.0: there is no rule behind the dash."),
        (#"{"events": {"E": {"rules": [{"name": "x"}]}}}"#, "trackingPlan.events.E.rules.0: a rule says one thing, and this says 0."),
        (#"{"events": {"E": {"rules": [{"equal": ["a"]}]}}}"#, "trackingPlan.events.E.rules.0.equal: equal is about two properties."),
        (
            #"{"events": {"E": {"properties": {"total": null, "b": null}, "rules": [{"equal": ["totl", "b"]}]}}}"#,
            "trackingPlan.events.E.rules.0.equal.0: there is no planned property 'totl'. Did you mean 'total'?"
        ),
        (
            #"{"events": {"E": {"properties": {"a": null}, "rules": [{"equal": ["a", "a"]}]}}}"#,
            "trackingPlan.events.E.rules.0.equal.1: 'a' stands here twice."
        ),
        (
            #"{"events": {"E": {"properties": {"a": null, "b": null}, "rules": [{"equal": ["a", "b"]}, {"equal": ["a", "b"]}]}}}"#,
            "trackingPlan.events.E.rules.1: two rules have the identifier 'E/rules/equal(a,b)'."
        ),
        (
            #"{"events": {"A/b": {"properties": {"c": {"kind": "text"}}}, "A": {"properties": {"b/c": {"kind": "text"}}}}}"#,
            "trackingPlan.events.A.properties.b/c.kind: two rules have the identifier 'A/b/c/kind'."
        ),
    ])
    func `a wrong plan is refused`(settings: String, sentence: String) throws {
        let errors = try planErrors(settings) ?? []
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix(sentence) == true, "\(errors)")
    }

    @Test func `all errors are told together, in the order of the settings`() throws {
        let errors = try planErrors(
            #"""
            {"unplannedEvents": "no", "events": {"A": {"properties": {"x": {"kind": "txt", "required": 1}}}, "B": {"additionalProperties": true}}, "trait": {}}
            """#)
        #expect(
            errors?.map { $0.prefix { $0 != ":" } } == [
                "trackingPlan.trait", "trackingPlan.unplannedEvents", "trackingPlan.events.A.properties.x.kind",
                "trackingPlan.events.A.properties.x.required", "trackingPlan.events.B.additionalProperties",
            ])
    }
}
