import { fileURLToPath } from 'node:url'
import { describeService } from './open-api.ts'
import { services } from './services.ts'

/** The committed OpenAPI documents, as the contracts say they should be. */
export function openApiFiles(): { readonly path: string; readonly content: string }[] {
  return services.map((contract) => ({
    path: fileURLToPath(new URL(`../openapi/${contract.name}.json`, import.meta.url)),
    content: `${JSON.stringify(describeService(contract), undefined, 2)}\n`,
  }))
}
