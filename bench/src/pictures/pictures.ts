import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canPin, pin } from '../cores.ts'
import { type CpuSeconds, cpuBetween, readCpu, readCpuOf, treeOfProcess } from '../cpu.ts'
import { isInstalled, startNginxFiles } from '../gateway/engines.ts'
import { prepareShot, shoot, type Shot } from '../gateway/wrk.ts'
import { type Installation, postgresOf, withInstallation } from '../installation.ts'
import { type Load, median } from '../load.ts'
import { openGallery } from './gallery.ts'
import { watchMemory } from './memory.ts'

/** Counted as always, and never refused. */
const settings = {
  SALLYPORT_PICTURES_LIMIT: '9999999/hour,9999999/day',
  SALLYPORT_PICTURES_LIMIT_ADDRESS: '9999999/hour,9999999/day',
}

/** Pictures of about 200 kB and 5 MB. */
const pixels = { usual: 505, large: 2550 }
const memorySeconds = 30

interface Side {
  readonly name: string
  readonly url: string
  readonly headers: readonly string[]
  readCpu(): Promise<Use | undefined>
  readonly rounds: Round[]
}

/** Seconds of processor time. */
type Use = Pick<CpuSeconds, 'program' | 'postgres'>

interface Round extends Shot {
  /** Of a request, in microseconds. */
  readonly programMicros: number
  readonly postgresMicros: number
}

/** Pairs of what the doors answer and the same file of nginx, on one core; all in turns. */
export async function measurePictures(load: Load): Promise<string> {
  if (!(await canPin())) throw new Error('this needs two cores and `taskset`')
  for (const command of ['wrk', 'nginx']) {
    if (!(await isInstalled(command))) throw new Error(`this needs \`${command}\``)
  }
  const root = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await pin(process.pid, 'others')
    return await withInstallation(load.clients, (installation) => measureAll(installation, root, load), settings)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function measureAll(installation: Installation, root: string, load: Load): Promise<string> {
  const { program, dataDirectory } = installation
  const gallery = await openGallery(installation, root)
  const usual = await gallery.hang(pixels.usual)
  const postgresPid = await postgresOf(dataDirectory)
  for (const pid of await treeOfProcess(program.pid)) await pin(pid, 'first')
  const nginx = await startNginxFiles(root)
  try {
    const door = program.addresses.public
    const key = `x-api-key: ${gallery.key}`
    const file = `${door}/v1/pictures/${usual.id}/file`
    const ours = (name: string, url: string, ...more: string[]): Side => ({
      name,
      url,
      headers: [key, ...more],
      async readCpu() {
        return cpuBetween({ program: 0, postgres: 0, load: 0 }, await readCpu(program.pid, postgresPid))
      },
      rounds: [],
    })
    const theirs = (url: string, ...headers: string[]): Side => ({
      name: 'nginx',
      url,
      headers,
      async readCpu() {
        const seconds = await readCpuOf(nginx.pids)
        return seconds === undefined ? undefined : { program: seconds, postgres: 0 }
      },
      rounds: [],
    })
    const [full, small] = [`${nginx.url}/${usual.fullName}`, `${nginx.url}/${usual.smallName}`]
    const pairs: [string, Side, Side][] = [
      ['one by chance', ours('a draw', `${door}/pictures/api/v1/download`), theirs(full)],
      ['the same one', ours('by its id', file), theirs(full)],
      ['a thumbnail', ours('size=small', `${file}?size=small`), theirs(small)],
      [
        '304',
        ours('if-none-match', file, await condition(file, { 'x-api-key': gallery.key })),
        theirs(full, await condition(full)),
      ],
    ]
    const chosen = pairs.filter(([name]) => name.includes(load.only ?? ''))
    for (const side of chosen.flatMap(([, ...sides]) => sides)) await measure(side, root, load)
    for (let round = 0; round < load.rounds; round += 1) {
      for (const side of chosen.flatMap(([, ...sides]) => sides)) side.rounds.push(await measure(side, root, load))
    }
    const lines = chosen.flatMap(([name, one, other]) => report(name, one, other))

    const large = await gallery.hang(pixels.large)
    const ammunition = await prepareShot(root, 'memory', [[key]])
    let delivered = 0
    const course = await watchMemory(program.pid, async () => {
      const url = `${door}/v1/pictures/${large.id}/file`
      const shot = await shoot(url, ammunition, { clients: load.clients, seconds: memorySeconds })
      delivered = shot.requests
    })
    const mb = (figure: number): string => figure.toFixed(0)
    return [
      `pictures: ${load.clients} connections, ${load.rounds} rounds of ${load.seconds} s, medians; the picture has ${usual.bytes} bytes`,
      ...lines,
      `  memory of the program while ${load.clients} clients took ${delivered} pictures of ${large.bytes} bytes in ${memorySeconds} s, in MB:`,
      `    before ${mb(course.start)}, at most ${mb(course.peak)}, afterwards ${mb(course.end)}; by tenths of the time: ${course.tenths.map(mb).join(' ')}`,
    ].join('\n')
  } finally {
    await nginx.stop()
  }
}

/** The header that asks for what has changed since now. */
async function condition(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, { headers })
  await answer.arrayBuffer()
  return `if-none-match: ${answer.headers.get('etag')}`
}

async function measure(side: Side, directory: string, load: Load): Promise<Round> {
  const ammunition = await prepareShot(directory, 'pictures', [side.headers])
  const before = await side.readCpu()
  const shot = await shoot(side.url, ammunition, load)
  const after = await side.readCpu()
  const micros = (part: keyof Use): number =>
    before && after ? ((after[part] - before[part]) * 1e6) / shot.requests : Number.NaN
  return { ...shot, programMicros: micros('program'), postgresMicros: micros('postgres') }
}

function report(name: string, ours: Side, nginx: Side): string[] {
  const line = ({ name: who, rounds }: Side): string => {
    const of = (figure: (round: Round) => number): number => median(rounds.map(figure))
    return [
      `    ${who.padEnd(14)} ${of(({ perSecond }) => perSecond).toFixed(0)}/s`,
      `p99 ${of(({ p99 }) => p99).toFixed(1)} ms`,
      `${of(({ programMicros }) => programMicros).toFixed(0)} µs`,
      `PostgreSQL ${of(({ postgresMicros }) => postgresMicros).toFixed(0)} µs`,
    ].join(', ')
  }
  const ratio = (figure: (round: Round) => number): string =>
    median(ours.rounds.map((round, index) => figure(round) / figure(nginx.rounds[index] ?? round))).toFixed(2)
  return [
    `  ${name}`,
    line(ours),
    line(nginx),
    `    ratio: ${ratio(({ perSecond }) => perSecond)} of its rate, ${ratio(({ programMicros }) => programMicros)} times its processor time`,
  ]
}
