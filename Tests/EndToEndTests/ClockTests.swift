import EventModel
import Foundation
import TestFolder
import Testing

/// A wall clock that is set back and forth under a running worker.
@Suite(.serialized) struct ClockTests {
    private static let compiler: String? = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        .enabled(
            if: python != nil && compiler != nil,
            "the clock is set by a script for python3 and a preloaded library of C, and python3 or a C compiler is not here"))
    func `a clock set back an hour and forward two loses, doubles and repeats nothing`() throws {
        let folder = try Folder()
        let outcome = try Program.run(
            python ?? "",
            ["-B", scripts + "/clock.py", Program.worker.path, Program.shell.path, folder / "c.tessera", Self.compiler ?? ""])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let told = try outcome.json
        #expect(told["stored"] == told["distinct"] && told["lost"] == .integer(0) && told["status"] == .integer(0), "\(told)")
        // Somebody who exits twice in a row, whose record stands before the one it follows, or whose window did not end then.
        #expect(told["wrong"] == .array([]), "\(told)")
        // 40 people: the short window after the first quiet, at the jump and at the end; the long one at the jump.
        #expect(told["exits"]?.asDouble ?? 0 >= 160 && told["left"] == .integer(0) && told["waiting"]?.asDouble == 0, "\(told)")
        #expect(told["check"] == .integer(0), "\(told)")
        let behind = told["behind"]?.asArray?.compactMap(\.asDouble) ?? []
        #expect(behind.count == 3 && behind[0] > 3_000 && behind[1] > 3_000 && behind[2] == 0, "\(told)")
    }
}
