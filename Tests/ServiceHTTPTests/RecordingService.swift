import Connectors
import EventModel
import Service
import Synchronization

/// A worker that remembers what it was given and answers what it was told to.
final class RecordingService: WorkerService {
    struct State {
        var batches: [(batch: MessageBatch, source: String)] = []
        var questions: [ServiceQuestion] = []
        var changes: [ServiceChange] = []
        var sent: [SentCount] = []
        var requests: [(request: ReceivedRequest, connector: String)] = []
        /// What becomes of requests for connectors.
        var answer = RequestAnswer.taken
        var refusal: ServiceError?
        var notReady: String?
        var notices: [MembershipNotice] = []
        var followers: [NoticeQueue] = []
        /// What an offer gives, by profile.
        var choices: [String: JSONObject] = [:]
        /// How long a batch takes.
        var delay: Duration = .zero
    }
    let state = Mutex(State())

    /// Every line of every batch, in order.
    var lines: [String] { state.withLock { state in state.batches.flatMap { lineTexts($0.batch) } } }
    var sources: [String] { state.withLock { $0.batches.map(\.source) } }
    var rejects: [Reject] { state.withLock { $0.batches.flatMap(\.batch.rejects) } }
    var questions: [ServiceQuestion] { state.withLock { $0.questions } }
    var changes: [ServiceChange] { state.withLock { $0.changes } }

    var sent: [SentCount] { state.withLock { $0.sent } }

    func refuse(_ refusal: ServiceError?) { state.withLock { $0.refusal = refusal } }

    func collect(_ batch: MessageBatch, from source: String) async throws(ServiceError) -> CollectReceipt {
        let (refusal, delay) = state.withLock { ($0.refusal, $0.delay) }
        if let refusal { throw refusal }
        if delay > .zero { try? await Task.sleep(for: delay) }
        state.withLock { $0.batches.append((batch, source)) }
        return CollectReceipt(accepted: batch.sourceLines - batch.rejects.count, quarantined: batch.rejects.count)
    }

    func receive(_ request: ReceivedRequest, for connector: String) async throws(ServiceError) -> RequestAnswer {
        let (refusal, answer) = state.withLock { state in
            state.requests.append((request, connector))
            return (state.refusal, state.answer)
        }
        if let refusal { throw refusal }
        return answer
    }

    func answer(_ question: ServiceQuestion) async throws(ServiceError) -> JSONObject {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        state.withLock { $0.questions.append(question) }
        func object(_ text: String) -> JSONObject { (try? JSONValue(parsing: text))?.asObject ?? JSONObject() }
        return switch question {
        case .profile: object(#"{"profile":{"id":"1"}}"#)
        case .traits: object(#"{"traits":{"plan":"plus"}}"#)
        case .events: object(#"{"events":[{"type":"track"}],"total":1}"#)
        case .segments: object(#"{"segments":[{"name":"buyers","valid_until":null}]}"#)
        case .links: object(#"{"links":[{"namespace":"user_id","id":"1"}]}"#)
        case .merges: object(#"{"merges":[],"total":0}"#)
        case .consent: object(#"{"consent":{"marketing":true}}"#)
        case .segmentList: object(#"{"segments":[{"name":"buyers","members":1,"expression":"true"}]}"#)
        case .members: object(#"{"members":["1"],"total":1,"next":null}"#)
        case .preview: object(#"{"count":1,"members":["1"]}"#)
        case .offer(let key, let profile):
            state.withLock { $0.choices[profile] } ?? object(#"{"variant":"\#(key)","value":1,"reason":"STATIC"}"#)
        case .offers(let profile):
            JSONObject([
                .init(
                    "offers",
                    .array([
                        .object(JSONObject([.init("key", .string("a"))] + (state.withLock { $0.choices[profile] }?.members ?? []))),
                        .object(object(#"{"key":"b","problem":"Its rule is no rule."}"#)),
                    ]))
            ])
        case .decide: object(#"{"profile":{"id":"1"},"segments":["buyers"],"features":{},"offers":{}}"#)
        case .quarantine: object(#"{"quarantine":[],"total":0}"#)
        case .replayQuarantine: object(#"{"judged":2,"stored":1,"duplicates":0,"refused":1,"left":0,"files":[]}"#)
        }
    }

    func change(_ change: ServiceChange) async throws(ServiceError) -> JSONObject {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        state.withLock { $0.changes.append(change) }
        return (try? JSONValue(parsing: #"{"done":"Done.","unmerge":1,"before":["1"],"after":["1","2"]}"#))?.asObject ?? JSONObject()
    }

    func keep(_ sent: SentCount) async throws(ServiceError) {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        state.withLock { $0.sent.append(sent) }
    }

    func changes(after number: Int64?) -> MembershipNotices {
        let queue = NoticeQueue(limit: .max)
        state.withLock { state in
            if let number { _ = queue.add(state.notices.filter { $0.number > number }) }
            state.followers.append(queue)
        }
        return queue.notices
    }

    func tell(_ notice: MembershipNotice) {
        state.withLock { state in
            state.notices.append(notice)
            for follower in state.followers { _ = follower.add([notice]) }
        }
    }

    var followers: Int { state.withLock { $0.followers.count } }
    var notReady: String? { state.withLock { $0.notReady } }
    var figures: [ServiceFigure] {
        [
            ServiceFigure(
                "tessera_messages_accepted_total", .counter, help: "Messages on disk.", labels: ["source": "a\"b\\c\nd"], value: 3),
            ServiceFigure("tessera_lag_seconds", .gauge, help: "Lag.", value: 0.25),
        ]
    }
}

/// The lines of a batch, empty ones included.
func lineTexts(_ batch: MessageBatch) -> [String] {
    batch.text[..<batch.count].split(separator: 10, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
}
