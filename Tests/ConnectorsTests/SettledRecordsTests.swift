import Connectors
import EventModel
import Testing

@Suite struct SettledRecordsTests {
    private func batch(_ keys: String...) -> DeliveryBatch {
        var batch = DeliveryBatch()
        for key in keys { batch.append(.message, key: key, profile: "u", json: "{}".utf8) }
        return batch
    }

    @Test func `what is known of a batch that failed is known when it comes again, in whatever pieces`() {
        var settled = SettledRecords()
        #expect(settled.lots(of: batch("a", "b")) == [.unknown, .unknown])
        settled.keep([.arrived, .unknown, .refused("no")], of: batch("a", "b", "c"))
        #expect(settled.lots(of: batch("b", "c", "a", "d")) == [.unknown, .refused("no"), .arrived, .unknown])
        // A key is one of its kind.
        var other = DeliveryBatch()
        other.append(.profile, key: "a", profile: "u", json: "{}".utf8)
        #expect(settled.lots(of: other) == [.unknown])
        // What failed before is forgotten with the next, and all with the next that is through.
        settled.keep([.arrived], of: batch("d"))
        #expect(settled.lots(of: batch("a", "d")) == [.unknown, .arrived])
        settled.forget(batch("d"))
        #expect(settled.lots(of: batch("d")) == [.unknown])
    }

    @Test func `a batch that is taken apart keeps what is known of its other records`() {
        var settled = SettledRecords()
        settled.keep([.arrived, .unknown, .arrived, .unknown], of: batch("a", "b", "c", "d"))
        // Each record comes by itself: the first is through, the second fails again.
        settled.forget(batch("a"))
        settled.keep([.unknown], of: batch("b"))
        #expect(settled.lots(of: batch("c", "d")) == [.arrived, .unknown])
        settled.keep([.arrived], of: batch("d"))
        #expect(settled.lots(of: batch("b", "c", "d")) == [.unknown, .arrived, .arrived])
    }

    @Test func `names of what is read are there, each once`() throws {
        func check(_ names: [String]) throws(SettingsError) {
            try ReadingPlaces.check(names, at: "streams", each: "stream") { name, path throws(SettingsError) in
                if name == "bad" { throw SettingsError(at: path, "it is bad", remedy: "Write another.") }
            }
        }
        try check(["a", "b"])
        for (names, path) in [([], ["streams"]), (["a", "bad"], ["streams", "1"]), (["a", "b", "a"], ["streams", "2"])] {
            #expect {
                try check(names)
            } throws: {
                ($0 as? SettingsError)?.path == path
            }
        }
    }
}
