import { announce, readOptions } from './options.ts'
import { createShop } from './shop-service.ts'
import { verification } from './verification.ts'

const service = await createShop(await verification(readOptions().publicJwk))
announce(await service.listen({ host: '127.0.0.1', port: 0 }))
