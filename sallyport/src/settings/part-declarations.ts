import { databaseUrl, databaseUrls, natural, origin, origins } from './formats.ts'
import { partNames, serviceNames } from './parts.ts'

/** The settings that are the same for every service, once for each part. */
export function databaseSettings() {
  return Object.fromEntries(
    partNames.flatMap((part) => {
      const name = `DATABASE_URL_${part.toUpperCase()}`
      return [
        [
          name,
          databaseUrl({
            default: undefined,
            desc: `The PostgreSQL database of ${part}. Without it an embedded PostgreSQL is started.`,
            example: `postgres://${part}@localhost/${part}`,
          }),
        ],
        [
          `${name}_OWNER`,
          databaseUrl({
            default: undefined,
            desc: `The same database, as the role that owns its tables and runs its migrations. Without it the role of \`${name}\` does.`,
          }),
        ],
      ]
    }),
  )
}

/** Copies of a service's database, for the service that spreads its reads. */
export const replicaSettings = {
  DATABASE_URL_IDENTITY_REPLICAS: databaseUrls({
    default: undefined,
    desc: 'Streaming standbys of the PostgreSQL in `DATABASE_URL_IDENTITY`, separated by commas: logins of the enrollment system read them in turn, as `secondary-1` and so on.',
    example: 'postgres://identity@standby1/identity,postgres://identity@standby2/identity',
  }),
  SALLYPORT_STANDBYS: natural({
    default: 0,
    desc: 'How many streaming standbys the embedded PostgreSQL has, over which logins of the enrollment system are spread. Each is a full copy.',
    example: '2',
  }),
}

/** Where the others are, for a part that runs alone. */
export function addressSettings() {
  return Object.fromEntries<ReturnType<typeof origins> | ReturnType<typeof origin>>([
    ...serviceNames.map(
      (service) =>
        [
          `SALLYPORT_URL_${service.toUpperCase()}`,
          origins({
            default: undefined,
            desc: `Where ${service} listens, for parts that are started with \`sallyport serve\`; its instances, separated by commas, are called in turn.`,
            example: 'http://127.0.0.1:9090,http://127.0.0.1:9091',
          }),
        ] as const,
    ),
    [
      'SALLYPORT_URL_GATEWAY',
      origin({
        default: undefined,
        desc: 'Where the gateway listens with its `SALLYPORT_PORT`, which is on neither door: enrollment, which never calls identity, has keys and revocations from there.',
        example: 'http://127.0.0.1:9290',
      }),
    ],
  ])
}
