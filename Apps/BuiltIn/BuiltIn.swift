import Archive
import ConnectorKinesis
import ConnectorLibrary
import ConnectorS3
import ConnectorSinger
import Connectors
import DestinationExec
import DestinationFiles
import DestinationLookup
import DestinationWebhook
import EnricherTable
import EnricherText
import EventModel
import FormatAmplitude
import FormatCSV
import FormatMixpanel
import FormatPostHog
import FormatRudderStack
import FormatSegment
public import Platform
import SourceFiles
import SourceWebhook
import Storage
import StorageSQLite
import VerifierMail

extension Plugins {
    /// The plugins that the apps offer: the one list of them.
    public static let builtIn = Plugins(
        formats: FormatRegistry(
            [
                SegmentFormat.self, TesseraFormat.self, CSVFormat.self, RudderStackFormat.self, MixpanelFormat.self, AmplitudeFormat.self,
                PostHogFormat.self,
            ] + heavyFormats),
        sources: SourceRegistry(
            [
                FilesSettings.self, KinesisSourceSettings.self, LibrarySettings.self, S3SourceSettings.self, SingerSourceSettings.self,
                WebhookSourceSettings.self,
            ]
                + heavySources),
        destinations: DestinationRegistry(
            [
                ExecSettings.self, FilesDestinationSettings.self, KinesisDestinationSettings.self, LibrarySettings.self,
                LookupSettings.self,
                S3DestinationSettings.self, SingerDestinationSettings.self, WebhookSettings.self,
            ] + heavyDestinations),
        enrichers: EnricherRegistry([TableSettings.self, TextSettings.self]),
        caches: CacheRegistry([MemoryCacheSettings.self] + heavyCaches),
        verifiers: VerifierRegistry([MailDomain(), DisposableMail()]),
        schemas: SchemaRegistry(heavySchemas),
        sql: SQLiteViews(),
        openStore: { path, access throws(StoreError) in try SQLiteStore(path: path, mode: access == .creating ? .create : .open) })
}
