import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import TestFolder
import Testing

@testable import ConnectorLibrary

/// Libraries as they should be, in a process of their own and in this one.
@Suite struct LibraryTests {
    @Test(arguments: SourceContract.allCases, ["", #","inProcess":true"#])
    func `a source in C keeps the promises`(promise: SourceContract, where more: String) async throws {
        let library = try await BuiltLibrary("numbers")
        try await promise.verify(try library.source(#""count":1500,"batch":70"#, more), records: 1_500)
    }

    @Test func `messages, rejects and positions are those that were given`() async throws {
        let library = try await BuiltLibrary("numbers")
        var (messages, rejects, positions): ([String], [Reject], [String]) = ([], [], [])
        func read(_ source: some Source) async throws {
            for try await batch in source.batches(after: Checkpoint(version: 1, position: "40")) {
                let text = batch.messages.text.prefix(batch.messages.count)
                messages += text.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
                rejects += batch.messages.rejects
                positions.append(batch.checkpoint.position)
            }
        }
        try await read(try library.source(#""count":100,"batch":30"#))
        #expect(positions == ["70", "100"] && messages.count == 58)
        #expect(messages.first?.contains(#""messageId":"n41""#) == true)
        #expect(rejects.map(\.reason) == ["Fifties are not wanted.", "Fifties are not wanted."])
        #expect(rejects.map(\.text) == ["number 50", "number 100"])
    }

    @Test func `settings are checked by what the library says`() async throws {
        let library = try await BuiltLibrary("numbers")
        func problem(_ written: String) throws -> SettingsError? {
            do { _ = try library.source(written) } catch let errors as SettingsErrors { return errors.errors.first }
            return nil
        }
        #expect(try problem(#""cuont":1"#)?.path == ["settings", "cuont"])
        #expect(try problem(#""cuont":1"#)?.remedy.contains("Did you mean `count`?") == true)
        #expect(try problem(#""count":0"#)?.problem == "this is not a whole number from 1 to 10000000")
        #expect(try problem(#""count":5"#) == nil)
    }

    @Test func `a source that loses a record whenever it goes on is found`() async throws {
        let library = try await BuiltLibrary("numbers", "LOSSY")
        // One batch: of itself it would never go on between two records.
        let source = try library.source(#""count":1500,"batch":1500"#)
        let broken = await #expect(throws: SourceContract.Broken.self) {
            try await SourceContract.resumesAnywhere.verify(source, records: 1_500)
        }
        #expect(
            String(describing: broken).contains("full after 1 record, `n3` came where `n2` was expected"), "\(String(describing: broken))")
    }

    @Test func `a source that goes on when its batch is full is found`() async throws {
        let library = try await BuiltLibrary("numbers", "DEAF")
        let source = try library.source(#""count":100,"batch":100"#)
        let broken = await #expect(throws: SourceContract.Broken.self) {
            try await SourceContract.resumesAnywhere.verify(source, records: 100)
        }
        #expect(
            String(describing: broken).contains("full after 1 record, batch 1 has 100: nobody sees whether"),
            "\(String(describing: broken))")
    }

    @Test func `messages that the store would not take are told, with the first reason`() async throws {
        let library = try await BuiltLibrary("numbers", "TIMELESS")
        let source = try library.source(#""count":40,"batch":10"#)
        let broken = await #expect(throws: MessageContract.Broken.self) {
            try await MessageContract.givesGoodMessages.verify(source)
        }
        #expect(String(describing: broken).contains(" 40 of 40 messages would be quarantined: The message has no time."))
    }

    @Test func `settings of a trial are checked as a worker's are`() async throws {
        let library = try await BuiltLibrary("numbers")
        let table = try LibraryTable(opening: library.path)
        _ = try LibraryTrial(table.pointer, settings: ["count": "5"])
        for (settings, problem) in [
            (["count": "0"], "this is not a whole number from 1 to 10000000"), (["count": "some"], "this is not a whole number"),
            (["cuont": "5"], "`numbers` has no such setting"),
        ] {
            let error = #expect(throws: ConnectorError.self) { try LibraryTrial(table.pointer, settings: settings) }
            #expect(error?.problem.hasPrefix(problem) == true && error?.recovery == .mendSettings, "\(String(describing: error))")
        }
    }

    @Test func `a path is handed over whole, and a text that is a number is no text`() throws {
        let written = Array(#"{"name":"a","role":"source","settings":[{"name":"file","kind":"path"},{"name":"word","kind":"text"}]}"#.utf8)
        let about = try written.withUnsafeBufferPointer { text throws(ConnectorError) in try LibraryDescriptor(text, of: "a") }
        func values(_ json: String) throws -> [String] {
            try about.checked(SettingObject(#require(try JSONValue(parsing: json).asObject))) { "/folder/" + $0 }.map(\.value)
        }
        #expect(try values(#"{"file":"in.tsv","word":"in.tsv"}"#) == ["/folder/in.tsv", "in.tsv"])
        for (json, problem) in [(#"{"word":12}"#, "this is no text"), (#"{"word":""}"#, "this text is empty")] {
            #expect(throws: SettingsError(at: ["settings", "word"], problem, remedy: "Write a text that is not empty. ")) {
                try values(json)
            }
        }
    }

    @Test func `what the library itself finds wrong with its settings is told`() async throws {
        let library = try await BuiltLibrary("numbers")
        let source = try library.source(#""count":5,"batch":50"#)
        let error = await #expect(throws: ConnectorError.self) { _ = try await source.probe() }
        #expect(error == ConnectorError(.mendSettings, at: "batch", "it is larger than count", remedy: "Write less."))
    }

    @Test func `secrets are references, and none is shown`() async throws {
        let library = try await BuiltLibrary("faulty")
        _ = try library.source(#""fault":"none","token":"env:TOKEN""#)
        let errors = #expect(throws: SettingsErrors.self) { _ = try library.source(#""fault":"none","token":"hunter2""#) }
        #expect(errors?.errors.first?.path == ["settings", "token"] && errors?.description.contains("hunter2") == false)
        let missing = #expect(throws: SettingsErrors.self) { _ = try library.source(#""fault":"none","token":"env:OTHER""#) }
        #expect(missing?.description.contains("OTHER") == true)
    }

    @Test(arguments: ["", #","inProcess":true"#]) func `a destination refuses by place, and the rest arrived`(more: String) async throws {
        let library = try await BuiltLibrary("faulty", #"ROLE="destination""#)
        let destination = try library.destination(#""fault":"none""#, more)
        let keys = (0..<6).map { "key-\($0)" }
        #expect(
            try await destination.deliver(DestinationContract.batch(keys[...])).refused == [.init(record: 3, reason: "It is the third.")])
        #expect(try await destination.probe() == "It is there.")
        await destination.close()
        // It is made anew for the next.
        #expect(try await destination.deliver(DestinationContract.batch(keys[..<2])).refused.isEmpty)
        await destination.close()
    }

    @Test(arguments: [
        ("numbers", "", true, "`numbers` is a source"), ("faulty", #"ROLE="destination""#, false, "`faulty` is a destination"),
        ("faulty", "NEWER", false, "it was built for interface 2, and this is 1"), ("faulty", "REFUSES", false, "does not serve"),
        ("faulty", "LACKS", false, "its table lacks a function"), ("faulty", "UNREADABLE", false, "its descriptor is no JSON object"),
        ("faulty", #"ROLE="format""#, false, "its descriptor has no role"),
        ("faulty", "TRAPS", false, "took its process down while it was loaded"),
    ])
    func `a library that does not fit says why`(source: String, word: String, asDestination: Bool, problem: String) async throws {
        let library = word.isEmpty ? try await BuiltLibrary(source) : try await BuiltLibrary(source, word)
        let errors = #expect(throws: SettingsErrors.self) {
            if asDestination { _ = try library.destination(#""fault":"none""#) } else { _ = try library.source(#""fault":"none""#) }
        }
        #expect(errors?.errors.first?.path == ["path"] && errors?.description.contains(problem) == true, "\(errors?.description ?? "")")
    }

    @Test func `a file that is no library, or another one, says so`() async throws {
        let library = try await BuiltLibrary("numbers")
        for (path, problem) in [
            ("/nowhere.so", "there is no library"), (library.folder / "text.so", "it cannot be loaded"),
            ("/lib/x86_64-linux-gnu/libm.so.6", "has no function `tessera_connector`"),
        ] where path.hasPrefix("/lib/") == false || FileManager.default.fileExists(atPath: path) {
            _ = try library.folder.write("no library", as: "text.so")
            let error = #expect(throws: ConnectorError.self) { try LibrarySettings.describe(path) }
            #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
        }
    }
}
