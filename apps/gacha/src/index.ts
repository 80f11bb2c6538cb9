export { buildGacha, type GachaParts } from './gacha.ts'
export { type GachaDatabase, migrations } from './gacha-database.ts'
export { type RandomSeed, secureSeed } from './rolls/seeded-dice.ts'
