import type { Load } from '../load.ts'
export async function runGatewaySoak(_load: Load): Promise<string> {
  return ''
}
