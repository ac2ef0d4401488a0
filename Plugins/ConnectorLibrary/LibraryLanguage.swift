/// What the author of a library knows the interface by: mistakes are told in these words.
enum LibraryLanguage: Sendable, Hashable {
    case c, swift

    var endFullBatch: String {
        self == .swift ? "Return from `read` when `add` or `reject` answers false." : "End the batch when `message` or `reject` answers 0."
    }
    var givePosition: String {
        self == .swift ? "Call `batch.reached` before `read` returns." : "Call `position` before the batch ends."
    }
    var rejectMessage: String {
        self == .swift
            ? "Leave parts of it out, or set it aside with `batch.reject(bytes, reason)`."
            : "Leave parts of it out, or set it aside with `reject`."
    }
}
