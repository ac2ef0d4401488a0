/// Reads a feed on while a batch is on its way, so that the next one is there when it has arrived. At most one piece is read ahead.
struct ReadAhead {
    private let feed: any DeliveryFeed
    private let limits: DeliveryLimits
    private var reading: (place: Checkpoint, task: Task<Result<DeliveryPiece?, ConnectorError>, Never>)?

    init(_ feed: any DeliveryFeed, _ limits: DeliveryLimits) { (self.feed, self.limits) = (feed, limits) }

    /// Begins to read what lies behind a place.
    mutating func begin(after place: Checkpoint) {
        guard reading == nil else { return }
        let task = Task { [feed, limits] in
            do throws(ConnectorError) { return Result<_, ConnectorError>.success(try await feed.next(after: place, limits: limits)) } catch
            {
                return .failure(error)
            }
        }
        reading = (place, task)
    }

    /// What lies behind a place, read ahead or now.
    mutating func next(after place: Checkpoint) async throws(ConnectorError) -> DeliveryPiece? {
        guard let (begun, task) = reading else { return try await feed.next(after: place, limits: limits) }
        reading = nil
        let found = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        guard begun == place else { return try await feed.next(after: place, limits: limits) }
        return try found.get()
    }

    /// Ends what was begun; nobody asks for it any more.
    mutating func end() async {
        reading?.task.cancel()
        _ = await reading?.task.value
        reading = nil
    }
}
