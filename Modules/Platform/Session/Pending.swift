import EventModel
import Rules
extension Question {
    func rfm(_ r: RFMRequest) throws(CommandError) -> RFMResult { throw CommandError(.failed, "pending") }
    func curve(_ r: ClusterRequest, measure: CurveResult.Measure) throws(CommandError) -> CurveResult {
        throw CommandError(.failed, "pending")
    }
    func components(_ r: ClusterRequest) throws(CommandError) -> ComponentsResult { throw CommandError(.failed, "pending") }
}
extension Session {
    func cluster(_ r: ClusterRequest, _ q: Question) throws(CommandError) -> ClusterResult { throw CommandError(.failed, "pending") }
    func report(_ r: ReportRequest, _ q: Question) throws(CommandError) -> Acknowledgement { throw CommandError(.failed, "pending") }
}
