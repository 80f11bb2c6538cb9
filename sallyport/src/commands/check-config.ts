import { readOwnServices } from '../own-services/own-services.ts'
import { overviewOf } from '../own-services/overview.ts'
import type { Settings } from '../settings/settings.ts'

/** `sallyport check-config`: what the file puts behind the doors, without starting anything. @throws {InvalidConfig} */
export async function checkConfig({ configFile }: Pick<Settings, 'configFile'>): Promise<void> {
  const { file, services } = await readOwnServices(configFile)
  const said = file === undefined ? 'there is no sallyport.config.ts here, and none is needed' : `${file}: ok`
  process.stdout.write([said, ...(services.length > 0 ? [overviewOf(services)] : [])].join('\n') + '\n')
}
