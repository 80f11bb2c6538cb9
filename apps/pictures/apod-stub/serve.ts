// Serves the stub at a port of this machine, 9400 unless another one is named. See docs/pictures.md.
import { systemClock } from '@sallyport/kernel'
import { createApodStub } from './apod-stub.ts'

const port = Number(process.argv[2] ?? 9400)
createApodStub(systemClock).listen(port, '127.0.0.1', () => {
  process.stdout.write(`SALLYPORT_APOD_URL=http://127.0.0.1:${port}/planetary/apod\n`)
})
