import type { Invariants } from '@sallyport/database'

/*
 * What must be true of the auctions at any moment. Every query finds what is not: a `subject`, the id of what is wrong,
 * and a `detail` that says how. They can be run by hand against the database.
 */

/** By name. */
export const invariants: Invariants = {
  'bids-rise': `
    select id as subject, amount || ' after ' || before as detail
    from (select id, amount, lag(amount) over (partition by auction_id order by sequence) as before from bid) as story
    where amount <= before`,

  'bids-come-before-the-end': `
    select bid.id as subject, 'placed at ' || placed_at || ', the end was ' || end_time as detail
    from bid join auction on auction.id = auction_id where placed_at >= end_time`,

  'bids-reach-the-starting-price': `
    select bid.id as subject, amount || ' on a start of ' || starting_price as detail
    from bid join auction on auction.id = auction_id where amount < starting_price`,

  'nobody-bids-on-their-own': `
    select bid.id as subject, 'of the seller of ' || auction_id as detail
    from bid join auction on auction.id = auction_id where player = seller`,

  'the-highest-bid-leads': `
    select auction.id as subject,
      'led by ' || coalesce(leading_bid::text, 'nobody') || ' with ' || highest_bid
        || ', the last bid is ' || coalesce(last.id::text, 'none') as detail
    from auction
    left join lateral (select * from bid where auction_id = auction.id order by sequence desc limit 1) as last on true
    where state in ('open', 'closing', 'closed')
      and (leading_bid, leader, highest_bid) is distinct from (last.id, last.player, coalesce(last.amount, 0))`,

  'batches-keep-their-auctions': `
    select auction.id as subject, 'waits for the batch ' || batch_id || ', which is not there' as detail
    from auction where batch_id is not null and not exists (select from offer_batch where offer_batch.id = batch_id)`,

  'nothing-is-overdue': `
    select id as subject, 'ended at ' || end_time || ' and is still open' as detail
    from auction where state = 'open' and end_time < extract(epoch from now()) - 60`,

  'nothing-is-stuck': `
    select id as subject, state || ' for ' || attempts || ' attempts' as detail
    from auction where retry_at is not null and attempts > 10
    union all
    select id, 'offers undecided for ' || attempts || ' attempts' from offer_batch where attempts > 10`,
}
