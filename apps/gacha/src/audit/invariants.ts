import type { Invariants } from '@sallyport/database'

/*
 * What must be true of copies, rolls and escrows at any moment. Every query finds what is not: a `subject`, the id of
 * what is wrong, and a `detail` that says how. They can be run by hand against the database.
 */

/** By name. */
export const invariants: Invariants = {
  'closed-collections-are-empty': `
    select copy.uid as subject, copies || ' copies of ' || gacha_id as detail
    from copy join collection using (uid) where closed_at is not null`,

  'copies-are-in-a-collection': `
    select copy.uid as subject, copies || ' copies of ' || gacha_id || ', and no collection' as detail
    from copy left join collection on collection.uid = copy.uid and opened_at is not null
    where collection.uid is null`,

  'copies-are-of-the-catalogue': `
    select copy.uid as subject, copies || ' copies of ' || gacha_id || ', which is not there' as detail
    from copy left join gacha on gacha.id = gacha_id where gacha.id is null`,

  'delivered-rolls-reached-a-collection': `
    select id as subject, 'delivered to ' || roll.uid || ', who never had a collection' as detail
    from roll left join collection on collection.uid = roll.uid and opened_at is not null
    where state = 'delivered' and collection.uid is null`,

  'escrows-came-from-a-collection': `
    select auction_id as subject, 'taken from ' || escrow.uid || ', who never had a collection' as detail
    from escrow left join collection on collection.uid = escrow.uid and opened_at is not null
    where escrow.uid is not null and collection.uid is null`,

  'kept-escrows-are-of-the-catalogue': `
    select auction_id as subject, gacha_name || ' is kept as ' || coalesce(gacha.name, 'what is not there') as detail
    from escrow left join gacha on gacha.id = gacha_id
    where gacha_id is not null and gacha.name is distinct from gacha_name`,

  'given-escrows-reached-a-collection': `
    select auction_id as subject, 'given to ' || given_to || ', who never had a collection' as detail
    from escrow left join collection on collection.uid = given_to and opened_at is not null
    where state = 'given' and collection.uid is null`,

  'draws-are-of-their-catalogue': `
    select id as subject, 'drew ' || gacha_name || ' of rarity ' || roll.rarity || ', which was not there to draw' as detail
    from roll left join catalogue_snapshot on digest = catalogue
    where seed is not null
      and lots @> jsonb_build_array(jsonb_build_object('name', gacha_name, 'rarity', roll.rarity)) is not true`,

  'seeds-are-the-promised-ones': `
    select id as subject, 'was not drawn with the seed that the roll before promised' as detail
    from (
      select id, seed, lag(next_commitment) over (partition by uid order by sequence) as promised
      from roll where seed is not null
    ) as story
    where sha256(seed) <> promised`,

  'waiting-seeds-are-the-promised-ones': `
    select uid as subject, 'the seed that waits is not the one that the last roll promised' as detail
    from (
      select distinct on (uid) uid, next_commitment from roll where seed is not null order by uid, sequence desc
    ) as latest
    join collection using (uid) left join roll_seed using (uid)
    where closed_at is null and commitment is distinct from next_commitment`,

  'waiting-seeds-are-of-open-collections': `
    select uid as subject, 'a seed waits and the collection is closed' as detail
    from roll_seed join collection using (uid) where closed_at is not null`,
}
