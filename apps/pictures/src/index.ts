export { type Administration, createAdministration, type ImportedPicture } from './administration.ts'
export { buildPictures, type PicturesChoices, type PicturesParts } from './pictures.ts'
export { migrations, type PicturesDatabase } from './pictures-database.ts'
export { UnknownPicture } from './pool/picture.ts'
