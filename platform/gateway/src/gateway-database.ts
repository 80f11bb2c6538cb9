export interface GatewayDatabase {
  quota_window: { key: string; used: number; ends_at: Date }
  heard_keys: { only_row: boolean; keys: unknown }
  heard_revocation: { kind: 'session' | 'account'; id: string; until: Date }
}

/** The folder of the migrations of this database. */
export const migrations = new URL('../migrations', import.meta.url).pathname
