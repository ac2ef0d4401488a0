import Connectors
import Programs

/// Gives batches to a target, which runs on between them or is run for each.
actor SingerDestination: Destination {
    private let program: Program
    private let acknowledgement: Acknowledgement
    private let isRunPerBatch: Bool
    private var streams: TargetStreams
    private var running: TargetRun?
    /// Of the last batch: states of those before are none of the next one's.
    private var number: Int64 = 0

    init(_ program: Program, streams: TargetStreams, _ acknowledgement: Acknowledgement, isRunPerBatch: Bool) {
        (self.program, self.streams) = (program, streams)
        (self.acknowledgement, self.isRunPerBatch) = (acknowledgement, isRunPerBatch)
    }

    func probe() async throws(ConnectorError) -> String {
        let target = try TargetRun(program)
        try await target.endWithout()
        return "\(program.name) takes its settings, and ends well where there is nothing to deliver."
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        if let running, running.hasEnded {
            let reason = await running.failure()?.problem ?? "it ended with status 0"
            program.report("\(program.name) is started again: \(reason).")
            self.running = nil
        }
        let target: TargetRun
        if let running { target = running } else { target = try TargetRun(program) }
        running = target
        number += 1
        do throws(ConnectorError) {
            let written = target.messages(of: batch, number: number, &streams)
            try await target.pass(written, acknowledgement, isLast: isRunPerBatch)
            if isRunPerBatch { running = nil }
            return DeliveryReceipt(refused: written.refused)
        } catch {
            running = nil
            await target.stop()
            throw error
        }
    }

    func close() async {
        guard let target = running else { return }
        running = nil
        await target.finish()
    }
}
