import type { Invariants } from '@sallyport/database'

/*
 * What must be true of the books at any moment. Every query finds what is not: a `subject`, the id of what is wrong, and
 * a `detail` that says how. They recompute everything from the rows, and can be run by hand against the database.
 */

/** By name. */
export const invariants: Invariants = {
  'transfers-sum-to-zero': `
    select transfer_id as subject, currency || ' comes to ' || sum(amount) as detail
    from entry group by transfer_id, currency having sum(amount) <> 0`,

  'entries-have-a-booked-transfer': `
    select entry.transfer_id as subject, 'line ' || line || ' of a transfer that is ' || coalesce(state, 'not there') as detail
    from entry left join transfer on transfer.id = entry.transfer_id
    where state is distinct from 'booked'`,

  'booked-transfers-have-entries': `
    select id as subject, kind || ' without entries' as detail
    from transfer
    where state = 'booked' and (kind = 'opening' or requested <> 0)
      and not exists (select from entry where transfer_id = transfer.id)`,

  'transfers-move-what-was-asked': `
    select transfer.id as subject, kind || ' of ' || requested || ' moved ' || coalesce(sum(amount), 0) as detail
    from transfer left join entry on transfer_id = transfer.id and entry.uid = transfer.uid and currency = 'tux'
    where state = 'booked' and kind in ('purchase', 'roll', 'sale')
    group by transfer.id
    having coalesce(sum(amount), 0) <> case kind when 'purchase' then requested else -requested end`,

  'balances-follow-entries': `
    select coalesce(account.uid, booked.uid) as subject,
      coalesce(account.currency, booked.currency) || ' is ' || coalesce(balance::text, 'not there')
        || ', the entries come to ' || coalesce(total, 0) as detail
    from account
    full join (select uid, currency, sum(amount) as total from entry where uid is not null group by uid, currency) as booked
      on booked.uid = account.uid and booked.currency = account.currency
    where balance is distinct from coalesce(total, 0)`,

  'held-follows-open-holds': `
    select coalesce(account.uid, open.uid) as subject,
      'held is ' || coalesce(held::text, 'not there') || ', the open holds come to ' || coalesce(total, 0) as detail
    from (select uid, sum(held) as held from account group by uid) as account
    full join (select uid, sum(amount) as total from hold where state = 'open' group by uid) as open
      on open.uid = account.uid
    where held is distinct from coalesce(total, 0)`,

  'nothing-is-negative': `
    select uid as subject, currency || ' has ' || balance || ', of which ' || held || ' are held' as detail
    from account where balance < 0 or held < 0 or held > balance or (currency <> 'tux' and held <> 0)`,

  'captured-holds-are-paid-once': `
    select hold.id as subject, hold.amount || ' captured, sales: ' || count(sale.id) as detail
    from hold left join transfer as sale
      on sale.hold_id = hold.id and sale.kind = 'sale' and sale.state = 'booked'
        and sale.uid = hold.uid and sale.requested = hold.amount
    where hold.state = 'captured'
    group by hold.id having count(sale.id) <> 1`,

  'sales-have-a-captured-hold': `
    select sale.id as subject, 'paid out of a hold that is ' || coalesce(hold.state, 'not there') as detail
    from transfer as sale left join hold on hold.id = sale.hold_id
    where sale.kind = 'sale' and hold.state is distinct from 'captured'`,

  'sales-pay-the-seller': `
    select sale.id as subject, 'sale of ' || requested || ' brought the seller ' || coalesce(sum(amount), 0) as detail
    from transfer as sale
    left join entry on transfer_id = sale.id and entry.uid = seller_uid and currency = 'tux'
    where kind = 'sale'
    group by sale.id having coalesce(sum(amount), 0) <> requested`,

  'open-players-are-complete': `
    select player.uid as subject, 'accounts: ' || accounts || ', openings: ' || openings as detail
    from player
    cross join lateral (select count(*) as accounts from account where uid = player.uid) as owned
    cross join lateral (
      select count(*) as openings from transfer where uid = player.uid and kind = 'opening' and state = 'booked'
    ) as opened
    where closed_at is null and (accounts <> 2 or openings <> 1)`,

  'closed-players-have-nothing': `
    select uid as subject, currency || ' still has ' || balance as detail
    from player join account using (uid) where closed_at is not null and balance <> 0`,

  'history-follows-entries': `
    select id as subject,
      'left ' || tux_after || ' TUX of ' || coalesce(tux, 0) || ' and ' || fiat_after || ' fiat of ' || coalesce(fiat, 0) as detail
    from (
      select transfer.id, party.uid = transfer.uid as own, tux_after, fiat_after,
        sum(tux) over earlier as tux, sum(fiat) over earlier as fiat
      from transfer
      cross join lateral (values (transfer.uid), (transfer.seller_uid)) as party (uid)
      left join (
        select transfer_id, uid,
          sum(amount) filter (where currency = 'tux') as tux, sum(amount) filter (where currency = 'fiat') as fiat
        from entry where uid is not null group by transfer_id, uid
      ) as moved on moved.transfer_id = transfer.id and moved.uid = party.uid
      where party.uid is not null
      window earlier as (partition by party.uid order by sequence)
    ) as story
    -- What was frozen in bids at the time is not known any more, only that it was no more than there was.
    where own and (tux_after > coalesce(tux, 0) or fiat_after <> coalesce(fiat, 0))`,

  'players-and-house-come-to-zero': `
    select currency as subject, 'everything there is comes to ' || sum(amount) as detail
    from (
      select currency, balance as amount from account
      union all
      select currency, amount from entry where house is not null
    ) as book
    group by currency having sum(amount) <> 0`,
}
