import type pg from 'pg'

/** The database of a service and the two roles that may use it. */
export interface ServiceNames {
  readonly database: string
  /** Owns the database and runs the migrations. */
  readonly owner: string
  /** The running service: it works with what the owner made. */
  readonly service: string
}

const reserved = new Set(['postgres', 'template0', 'template1', 'public'])

/** The names that belong to a service. Throws when the text is not a service's name. */
export function namesOf(service: string): ServiceNames {
  if (!/^[a-z][a-z0-9_]{0,49}$/.test(service) || /^pg_|_owner$/.test(service) || reserved.has(service))
    throw new TypeError(`"${service}" cannot be the name of a service's database`)
  return { database: service, owner: `${service}_owner`, service }
}

/** Written on a database when its set-up is complete; the number rises when the set-up changes. */
const MARK = 'sallyport service database 1'

/** The databases whose set-up is not complete. One query, for a start with nothing to do costs no more. */
export async function findIncomplete(admin: pg.Client, all: readonly ServiceNames[]): Promise<ServiceNames[]> {
  const { rows } = await admin.query<{ datname: string }>(
    `select datname from pg_database where datname = any($1) and shobj_description(oid, 'pg_database') = $2`,
    [all.map(({ database }) => database), MARK],
  )
  const complete = new Set(rows.map(({ datname }) => datname))
  return all.filter(({ database }) => !complete.has(database))
}

/** No role but the administrator comes into the databases that are nobody's. */
export async function closeCommonDatabases(admin: pg.Client): Promise<void> {
  await admin.query('revoke all on database postgres from public; revoke all on database template1 from public')
}

/** Makes the roles that are not there. */
export async function ensureRoles(admin: pg.Client, { owner, service }: ServiceNames): Promise<void> {
  for (const role of [owner, service]) {
    const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role])
    if (rowCount === 0) await admin.query(`create role ${admin.escapeIdentifier(role)} login noinherit`)
  }
}

/** Makes the database when it is not there, as a copy of the template, and lets its two roles and nobody else in. */
export async function ensureDatabase(admin: pg.Client, names: ServiceNames, template = 'template1'): Promise<void> {
  const database = admin.escapeIdentifier(names.database)
  const owner = admin.escapeIdentifier(names.owner)
  const service = admin.escapeIdentifier(names.service)
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [names.database])
  if (rowCount === 0)
    await admin.query(`create database ${database} owner ${owner} template ${admin.escapeIdentifier(template)}`)
  await admin.query(
    `revoke all on database ${database} from public;
     grant connect, temporary on database ${database} to ${owner};
     grant connect, temporary, create on database ${database} to ${service}`,
  )
}

/**
 * Says, within the service's database, what its service role may do with what the owner makes: use it, not change it.
 * The service may make schemas of its own (the job queue has one).
 */
export async function grantDefaults(inside: pg.Client, names: ServiceNames): Promise<void> {
  const owner = inside.escapeIdentifier(names.owner)
  const service = inside.escapeIdentifier(names.service)
  const defaults = `alter default privileges for role ${owner}`
  await inside.query(
    `revoke all on schema public from public;
     grant usage, create on schema public to ${owner};
     grant usage on schema public to ${service};
     ${defaults} in schema public grant select, insert, update, delete on tables to ${service};
     ${defaults} in schema public grant usage, select on sequences to ${service};
     ${defaults} revoke execute on functions from public;
     ${defaults} in schema public grant execute on functions to ${service}`,
  )
}

/** Marks the set-up as complete. */
export async function markComplete(admin: pg.Client, { database }: ServiceNames): Promise<void> {
  await admin.query(`comment on database ${admin.escapeIdentifier(database)} is ${admin.escapeLiteral(MARK)}`)
}
