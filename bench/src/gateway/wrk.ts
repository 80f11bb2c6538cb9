import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Shot {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Sends one line of headers after the other, forever, and prints what came of it as JSON. */
const script = `
local requests = {}
init = function()
  for line in io.lines(os.getenv("HEADERS")) do
    local headers = { Host = wrk.headers["Host"] }
    for name, value in line:gmatch("([^:\\t]+): ([^\\t]*)") do headers[name] = value end
    requests[#requests + 1] = wrk.format("GET", nil, headers)
  end
end
local turn = 0
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
local pause = tonumber(os.getenv("DELAY_MS"))
if pause > 0 then
  delay = function() return math.floor(pause * (0.5 + math.random()) + 0.5) end
end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('\\nresult {"requests": %d, "micros": %d, "p50": %f, "p99": %f, "errors": %d}', summary.requests,
    summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`

/** Writes down what is to be sent, in turn: the headers of each request. */
export async function prepareShot(
  directory: string,
  name: string,
  requests: readonly (readonly string[])[],
): Promise<Ammunition> {
  const [scriptFile, headersFile] = [`${directory}/requests.lua`, `${directory}/${name}.headers`]
  await Promise.all([
    writeFile(scriptFile, script),
    writeFile(headersFile, `${requests.map((headers) => headers.join('\t')).join('\n')}\n`),
  ])
  return { scriptFile, headersFile }
}

export interface Ammunition {
  readonly scriptFile: string
  readonly headersFile: string
}

/** Asks as often as it can be answered, or waits so long on average before each request; an answer other than 2xx, or none, ends the benchmark. */
export async function shoot(
  url: string,
  { scriptFile, headersFile }: Ammunition,
  { seconds, clients, delayMs = 0 }: { readonly seconds: number; readonly clients: number; readonly delayMs?: number },
): Promise<Shot> {
  const { stdout } = await execute(
    'wrk',
    ['-t1', '--timeout', '30s', `-c${clients}`, `-d${seconds}s`, '-s', scriptFile, url],
    {
      env: { ...process.env, HEADERS: headersFile, DELAY_MS: String(delayMs) },
    },
  )
  const found = /^result (.*)$/m.exec(stdout)
  const { requests, micros, p50, p99, errors }: Result = JSON.parse(found?.[1] ?? '{}')
  if (!(requests > 0) || errors > 0) throw new Error(`${url} did not answer as it should:\n${stdout}`)
  return { requests, perSecond: requests / (micros / 1e6), p50, p99 }
}

interface Result {
  readonly requests: number
  readonly micros: number
  readonly p50: number
  readonly p99: number
  readonly errors: number
}
