export { type BatchOptions, inBatches } from './batches.ts'
export { type PostgresConnection, type SocketConnection, toUrl, type UrlConnection } from './connection.ts'
export { type BesidePostgres, useEmbeddedPostgres } from './embedded/beside.ts'
export { startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded/embedded-postgres.ts'
export { keepStandbys, type KeptStandbys, type KeptStandbysOptions } from './embedded/kept-standbys.ts'
export { embeddedStandby, type EmbeddedStandby, type EmbeddedStandbyOptions } from './embedded/standby.ts'
export { DirectoryInUse, DirectoryUnusable, PostgresFailed } from './embedded/errors.ts'
export { makeDataDirectory } from './embedded/placement.ts'
export { countErased, type Counts, markErased } from './erasures.ts'
export { isMigrated, migrate, pendingMigrations } from './migrations.ts'
export type { MigrateOptions } from './migrations.ts'
export { openReplicas } from './replicas/replica-set.ts'
export { isPassing, isUnreachable, ReplicasUnavailable } from './replicas/failures.ts'
export type { CopyChange } from './replicas/copy.ts'
export type {
  Decision,
  Judgement,
  NodeHealth,
  Question,
  ReadReport,
  Replicas,
  ReplicasOptions,
} from './replicas/replicas.ts'
export { openDatabase } from './service-database.ts'
export type { ServiceDatabase, ServiceDatabaseOptions } from './service-database.ts'
export { within } from './time-limit.ts'
export { type Finding, findViolations, type Invariants } from './verification.ts'
