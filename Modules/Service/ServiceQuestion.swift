public import EventModel

/// What the worker can be asked. A profile is named as the shell names it: `user_id:U`, `anonymous_id:A`, `email:E`.
public enum ServiceQuestion: Sendable, Hashable {
    /// `{"profile":{...}}`: identifiers, traits and segments now.
    case profile(String)
    /// `{"traits":{...}}`
    case traits(String)
    /// `{"events":[...],"total":n}`: the latest messages up to a limit, earliest first.
    case events(String, limit: Int)
    /// `{"segments":[{"name","valid_until"}]}`: where the profile is a member.
    case segments(String)
    /// `{"links":[{"namespace","id"}]}`: every identifier of the profile.
    case links(String)
    /// `{"merges":[...],"total":n}`: what made the profile of several, or of one.
    case merges(String)
    /// `{"consent":{...}}`: each purpose that was ever decided on, true or false now.
    case consent(String)
    /// `{"segments":[{"name","members","expression"}]}`
    case segmentList
    /// `{"members":[ids],"total":n,"next":id or null}`: by scalars, those after an id.
    case members(segment: String, after: String?, limit: Int)
    /// `{"count":n,"members":[ids]}`: who an expression would hold now, with the first few.
    case preview(expression: String, limit: Int)
    /// `{"profile":{"id"},"segments":[names],"features":{name:value},"offers":{key:{"variant","value","reason"}}}`
    case decide(String)
    /// `{"quarantine":[{"file","rule","reason","messages","replayable","first","last"}],"total":n}`: what was refused, by cause.
    case quarantine
    /// `{"judged":n,"stored":n,"duplicates":n,"refused":n,"left":n,"files":[...]}`: judges again what is in quarantine, and stores what the
    /// tracking plan takes now.
    case replayQuarantine
    /// `{"variant","value","reason","rule"?,"title"?}`: what an offer gives the profile now, and the name of the rule that decided.
    /// Somebody who was never seen is answered as one who has sent nothing. `.notFound` where there is no such offer, `.invalid` where its
    /// rules cannot be asked.
    case offer(key: String, profile: String)
    /// `{"offers":[{"key","variant","value","reason","rule"?,"title"?} or {"key","problem"}]}`: all of them, by key.
    case offers(profile: String)
}

/// What somebody says that a source sent: so many messages that happened from an instant on and before another.
public struct SentCount: Sendable, Hashable {
    /// As messages name it: `context.source`, else the library that sent them.
    public var source: String
    /// The first instant.
    public var from: Instant
    /// The first instant after it.
    public var to: Instant
    /// Different messages, by their ids.
    public var messages: Int

    /// Joins the parts.
    public init(source: String, from: Instant, to: Instant, messages: Int) {
        (self.source, self.from, self.to, self.messages) = (source, from, to, messages)
    }
}

/// What a worker can be asked to change about people. Identifiers are named as the shell names them: `user_id:U`, `anonymous_id:A`.
public enum ServiceChange: Sendable, Hashable {
    /// Parts an identifier from another, or (nil) from everybody: `{"done","unmerge":n,"before":[ids],"after":[ids]}`. `by` says who asks.
    case unmerge(String, from: String?, by: String, reason: String)
    /// Takes an unmerge back, by its number; answers the same.
    case rejoin(Int, by: String, reason: String)
}
