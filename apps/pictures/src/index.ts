export { buildPictures, type PicturesChoices, type PicturesParts } from './pictures.ts'
export { migrations, type PicturesDatabase } from './pictures-database.ts'
export { UnknownPicture } from './pool/picture.ts'
