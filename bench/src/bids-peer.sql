-- What one writes who wants bids in PostgreSQL and nothing else: one database, one function, the rows locked in an order
-- that cannot end in a deadlock. Whole numbers as keys, which is cheaper than the UUIDs of the market.

create table account (
  id integer primary key,
  balance bigint not null,
  held bigint not null default 0,
  check (held between 0 and balance)
) with (fillfactor = 60);

create table auction (
  id integer primary key,
  seller integer not null references account,
  starting_price bigint not null check (starting_price >= 0),
  ends_at timestamptz not null,
  active boolean not null default true,
  leader integer references account,
  leading_hold uuid,
  highest_bid bigint not null default 0,
  check (leader <> seller)
) with (fillfactor = 60);
create index auction_ending on auction (ends_at) where active;

create table hold (
  id uuid primary key,
  account_id integer not null references account,
  amount bigint not null check (amount >= 0),
  state text not null default 'open' check (state in ('open', 'captured', 'released')),
  placed_at timestamptz not null,
  ended_at timestamptz,
  check ((state = 'open') = (ended_at is null))
);
create index open_hold_of_account on hold (account_id) where state = 'open';

create table bid (
  id uuid primary key,
  auction_id integer not null references auction,
  bidder integer not null references account,
  amount bigint not null check (amount >= 1),
  placed_at timestamptz not null,
  unique (auction_id, amount)
);
create index bid_of_bidder on bid (bidder, placed_at);
create index bid_by_time on bid (placed_at);

-- Sessions of pgbench know nothing of one another, and amounts that they chose before the lock would mostly be outrun on
-- one hot auction. So a bid says by how much it raises the price it finds, which spares the peer all refusals.
create function place_bid(wanted integer, bidder integer, raise_by bigint) returns text language plpgsql as $$
declare
  the_auction auction;
  amount bigint;
  -- What the bidder has held here already.
  own bigint;
  can_pay boolean;
  decided_at timestamptz;
  new_hold uuid := gen_random_uuid();
begin
  -- The row lock alone would do. But whoever waits for a row has to follow all versions of it that were made meanwhile,
  -- which on one hot auction takes twice the processor time; in this queue one waits before one looks.
  perform pg_advisory_xact_lock(wanted);
  select * into the_auction from auction where id = wanted for no key update;
  if not found or not the_auction.active then return 'no such auction'; end if;
  decided_at := clock_timestamp();
  if decided_at >= the_auction.ends_at then return 'over'; end if;
  if bidder = the_auction.seller then return 'own auction'; end if;
  amount := the_auction.highest_bid + raise_by;
  if amount < the_auction.starting_price then return 'below the starting price'; end if;
  if amount <= the_auction.highest_bid then return 'too low'; end if;

  own := case the_auction.leader when bidder then the_auction.highest_bid else 0 end;
  select bool_or(id = bidder and balance - held + own >= amount) into can_pay
  from (
    select id, balance, held from account where id in (bidder, the_auction.leader) order by id for no key update
  ) as locked;
  if can_pay is not true then return 'not enough TUX'; end if;
  update account
  set held = held + case id when bidder then amount else 0 end
    - case id when the_auction.leader then the_auction.highest_bid else 0 end
  where id in (bidder, the_auction.leader);

  update hold set state = 'released', ended_at = decided_at where id = the_auction.leading_hold;
  insert into hold (id, account_id, amount, placed_at) values (new_hold, bidder, amount, decided_at);
  insert into bid (id, auction_id, bidder, amount, placed_at)
  values (gen_random_uuid(), wanted, bidder, amount, decided_at);
  update auction set leader = bidder, leading_hold = new_hold, highest_bid = amount where id = wanted;
  return 'accepted';
end
$$;
