public import Connectors
public import EventModelTesting

/// The promises every event format keeps, whatever bytes it is given.
public enum FormatContract: CaseIterable, Sendable {
    /// The same file gives the same lines, numbers and rejects however its bytes are cut into calls.
    case cutsDoNotMatter
    /// A second reader gives what the first gave.
    case repeatsItself
    /// Batches have the room behind their text, and as many line numbers and identifiers as lines, where they give any.
    case shapesItsBatches
    /// A file of no bytes is no message, no reject and no line.
    case emptyIsNothing

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<FormatContract>

    /// Reads `file` and throws `Broken` where this promise is not kept. An error of the format itself must be the same every time.
    ///
    /// - Parameter cuts: Numbers of bytes that come at a time.
    public func verify(
        _ format: some EventFormat, on file: [UInt8], limits: FormatLimits = FormatLimits(), cuts: [Int] = [1, 2, 3, 7, 64, 1_000]
    ) throws {
        let whole = outcome(format, file, limits, 1 << 30)
        switch self {
        case .cutsDoNotMatter:
            for cut in cuts {
                let read = outcome(format, file, limits, cut)
                if read != whole { throw Broken(promise: self, place: "cut into \(cut) bytes: \(read) instead of \(whole)") }
            }
        case .repeatsItself:
            if outcome(format, file, limits, 1 << 30) != whole { throw Broken(promise: self, place: "the second reading differs") }
        case .shapesItsBatches:
            if case .success(let read) = whole, read.misshapenBatches > 0 {
                throw Broken(promise: self, place: "\(read.misshapenBatches) batches are misshapen")
            }
        case .emptyIsNothing:
            let read = try ReadFile(format, [], limits: limits)
            if !read.lines.isEmpty || !read.rejects.isEmpty || read.sourceLines != 0 { throw Broken(promise: self, place: "\(read)") }
        }
    }

    private enum Outcome: Equatable {
        case success(ReadFile)
        case failure(String)
    }

    private func outcome(_ format: some EventFormat, _ file: [UInt8], _ limits: FormatLimits, _ cut: Int) -> Outcome {
        do throws(FormatError) { return .success(try ReadFile(format, file, limits: limits, cut: cut)) } catch {
            return .failure(error.description)
        }
    }
}
