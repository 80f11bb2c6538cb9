import type { Load } from './load.ts'
import { measureLogin, measureRegistration } from './password-hashing.ts'

/** Runs one benchmark and returns its report. */
export type Benchmark = (load: Load) => Promise<string>

/** The benchmarks by name. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  registration: measureRegistration,
  login: measureLogin,
}
