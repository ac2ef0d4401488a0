import EventModel
import Testing

/// A plan from JSON. Patterns are compiled by a stand-in that knows one of them; the real engine is injected by whoever runs plans.
func plan(_ json: String) throws -> TrackingPlan {
    try TrackingPlan(JSONValue(parsing: json), compiling: couponCompiler, nearest: nearestByFirstLetter)
}

/// Knows `[A-Z0-9]{4,10}`, alone and made whole, and refuses all else.
func couponCompiler(_ pattern: String) throws(PatternRefusal) -> @Sendable (String) -> Bool {
    guard pattern == "[A-Z0-9]{4,10}" || pattern == "^(?:[A-Z0-9]{4,10})$" else {
        throw PatternRefusal("look-around in patterns is not supported", remedy: pattern.hasPrefix("(?=") ? "Write it without." : nil)
    }
    return { text in
        (4...10).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }
}

/// Enough of a guess to see that it is asked: the first name with the same beginning.
func nearestByFirstLetter(_ word: String, _ known: [String]) -> String? { known.first { $0.prefix(3) == word.prefix(3) } }

/// A track message of the event with the given properties, as JSON.
func track(_ event: String, _ properties: String, context: String? = nil) throws -> Message {
    let context = context.map { #","context":\#($0)"# } ?? ""
    return try sent(
        #"{"type":"track","event":"\#(event)","userId":"u","messageId":"m","timestamp":"2026-03-14","properties":\#(properties)\#(context)}"#
    )
}

func sent(_ json: String) throws -> Message {
    guard let object = try JSONValue(parsing: json).asObject else { throw MessageError(field: "", "no object") }
    return try Message(json: object, derivedID: nil)
}

/// The settings' errors, nil where they are taken.
func planErrors(_ json: String) throws -> [String]? {
    do throws(SettingsErrors) {
        _ = try TrackingPlan((try? JSONValue(parsing: json)) ?? .null, compiling: couponCompiler, nearest: nearestByFirstLetter)
        return nil
    } catch { return error.errors.map(\.description) }
}
