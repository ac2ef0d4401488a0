import EventModel
import Testing

private func head(_ text: String, _ reader: MessageHeadReader = MessageHeadReader()) -> MessageHead? {
    let padded = Array(text.utf8) + Array(repeating: 0, count: MessageBatch.padding)
    return padded.withUnsafeBufferPointer { reader.read(UnsafeBufferPointer(rebasing: $0[..<text.utf8.count])) }
}

/// What the reference decoder and the message itself say.
private func expected(_ text: String) -> MessageHead? {
    guard let json = (try? JSONValue(parsing: Array(text.utf8)))?.asObject, let message = try? Message(json: json, derivedID: "derived")
    else {
        return nil
    }
    var head = MessageHead(of: json, kind: message.kind)
    #expect(head.userID == message.userID && head.anonymousID == message.anonymousID && (head.event ?? "") == (message.event ?? ""))
    head.messageID = message.messageID == "derived" ? nil : message.messageID
    return head
}

/// A message with members in any order, some of them odd, null, or given twice.
private func randomMessage(_ random: inout SplitMix) -> String {
    let texts = ["\"ada\"", "\"\"", "null", "\"a\\u00e9\\n\"", "\"Zo\u{301}e\"", "7", "\"m-1\""]
    let objects = [
        "{}", "null", "{\"source\":\"crm\"}", "{\"source\":7,\"b\":{\"source\":\"no\"}}",
        "{\"a\":[1,{\"source\":\"no\"}],\"source\":\"x\"}",
        "{\"source\":\"x\",\"source\":\"y\"}",
    ]
    var members = [("type", ["\"track\"", "\"identify\"", "\"page\"", "\"alias\""].randomElement(using: &random)!)]
    for name in ["userId", "anonymousId", "messageId", "event", "previousId", "Event", "user"] where Bool.random(using: &random) {
        members.append((name, texts.randomElement(using: &random)!))
    }
    for name in ["context", "properties"] where Bool.random(using: &random) {
        members.append((name, objects.randomElement(using: &random)!))
    }
    if Int.random(in: 0..<8, using: &random) == 0 { members.append(members.randomElement(using: &random)!) }
    if Int.random(in: 0..<8, using: &random) == 0 { members.append(("big", "123456789012345678901234567890")) }
    members.append(("timestamp", "0"))
    return "{" + members.shuffled(using: &random).map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
}

@Suite struct MessageHeadTests {
    @Test func `the head of every message that is accepted says what the message says`() {
        var (random, accepted) = (SplitMix(seed: 11), 0)
        let reader = MessageHeadReader()
        for _ in 0..<20_000 {
            let text = randomMessage(&random)
            guard let right = expected(text) else { continue }
            accepted += 1
            #expect(head(text, reader) == right, "\(text)")
        }
        #expect(accepted > 2_000)
    }

    @Test(arguments: ["", "[]", "7", "{", "{}", "{\"type\":\"sold\"}", "{\"type\":7}", "{\"userId\":\"ada\"}"])
    func `what is no message has no head`(text: String) { #expect(head(text) == nil) }
}
