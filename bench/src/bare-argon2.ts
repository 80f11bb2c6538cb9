import { hash, verify } from '@node-rs/argon2'
import { availableParallelism } from 'node:os'
import { callInParallel } from './load.ts'

/*
 * What the cores can do when they do nothing but hash: a process of its own, with the cost that identity uses. Called
 * with `hash` or `verify` and a number of seconds; prints how many a second.
 */

const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const [task, seconds] = process.argv.slice(2)
const stored = await hash('Correct-Horse7!', cost)
const work = task === 'hash' ? () => hash('Correct-Horse7!', cost) : () => verify(stored, 'Correct-Horse7!')
const { perSecond } = await callInParallel({ seconds: Number(seconds), clients: availableParallelism() }, async () => {
  await work()
})
process.stdout.write(String(perSecond))
