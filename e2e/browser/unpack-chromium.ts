import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'

/*
 * Unpacks the packed Chromium with its libraries and a font into the directory for temporary files: the package knows no
 * other place. Run as a process of its own, with a `TMPDIR` for it alone. The argument is where all of it will be in the end.
 */

const [, , home = ''] = process.argv
const packed = new URL('../bin/', import.meta.resolve('@sparticuz/chromium'))
const names = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']
const [chromium = ''] = await Promise.all(names.map((name) => inflate(fileURLToPath(new URL(name, packed)))))

const fontconfig = `<?xml version="1.0"?>
<fontconfig><dir>${join(home, 'fonts')}</dir><cachedir>${join(home, 'font-cache')}</cachedir></fontconfig>
`
await writeFile(join(chromium, '..', 'fonts.conf'), fontconfig)
