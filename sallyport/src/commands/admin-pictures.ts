import { Rejection, systemClock } from '@sallyport/kernel'
import { type Administration, createAdministration } from '@sallyport/pictures/administration'
import type { PicturesDatabase } from '@sallyport/pictures'
import type { PictureState } from '../command-line/choices.ts'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { listPictures, UnreadablePicture } from '../transfer/pictures.ts'
import { countUp } from '../transfer/progress.ts'

/** A list for people: whoever has more to look at decides and asks again. */
const mostListed = 200

/** `sallyport admin pictures list`. */
export async function listPicturesOf(settings: Settings, state: PictureState): Promise<void> {
  await withPictures(settings, async (pictures) => {
    const found = await pictures.list(state, mostListed)
    for (const { id, date, file, title, uploader } of found) {
      say(`${id}  ${date}  ${file}  ${uploader ?? '-'}  ${JSON.stringify(title)}`)
    }
    if (found.length === 0) say(`no picture is ${state}`)
  })
}

/** `sallyport admin pictures accept` and `refuse`. @throws {UnknownPicture} */
export async function decidePicture(settings: Settings, id: string, state: 'accepted' | 'refused'): Promise<void> {
  await withPictures(settings, (pictures) => pictures.decide(id, state))
  say(state === 'accepted' ? 'it is in the pool' : 'it is not in the pool')
}

/** `sallyport admin pictures seed`: draws pictures into the pool. */
export async function seedPictures(settings: Settings, count: number): Promise<void> {
  const progress = countUp(count, 'pictures')
  try {
    await withPictures(settings, (pictures) => pictures.seed(count, (done) => progress.show(done)))
  } finally {
    progress.stop()
  }
  say(`${count} pictures were drawn`)
}

/** `sallyport admin pictures import`: the process ends with 1 when pictures were refused. */
export async function importPictures(settings: Settings, source: string): Promise<void> {
  const today = systemClock.now().toISOString().slice(0, 10)
  const entries = await listPictures(source, today, settings.pictures.uploadLimitBytes)
  const progress = countUp(entries.length, 'pictures')
  const refused: string[] = []
  try {
    await withPictures(settings, async (pictures) => {
      for (const [index, entry] of entries.entries()) {
        try {
          await pictures.add(await entry.read())
        } catch (error) {
          if (!isReason(error)) throw error
          refused.push(`${entry.name}: ${error.message}`)
        }
        progress.show(index + 1)
      }
    })
  } finally {
    progress.stop()
  }
  for (const line of refused) say(line)
  say(`${entries.length - refused.length} pictures were imported, ${refused.length} refused`)
  if (refused.length > 0) process.exitCode = 1
}

function isReason(error: unknown): error is Rejection | UnreadablePicture {
  return error instanceof Rejection || error instanceof UnreadablePicture
}

async function withPictures<T>(settings: Settings, work: (pictures: Administration) => Promise<T>): Promise<T> {
  const databases = await reachDatabases(settings)
  try {
    const database = databases.open<PicturesDatabase>('pictures')
    return await work(createAdministration({ database, choices: settings.pictures, clock: systemClock }))
  } finally {
    await databases.stop()
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
