-- Who may take part in auctions; the accounts themselves are identity's.
create table player (
  uid uuid primary key,
  opened_at timestamptz,
  closed_at timestamptz,
  -- Only closed: the close overtook the open, and the open that comes later finds it done with.
  check (opened_at is not null or closed_at is not null)
);

-- Offers that the wallet is being asked about. Written down before it is asked: who finds one later asks again under the
-- same id, has the same answer, and does what is left to do.
create table offer_batch (
  id uuid primary key,
  offers jsonb not null,
  -- What stood on the auctions before.
  standing jsonb not null,
  attempts integer not null default 0,
  -- Whoever made the batch has until then to finish it.
  retry_at timestamptz not null
);
create index offer_batch_stalled on offer_batch (retry_at);

create table auction (
  id uuid primary key,
  -- The order of insertion, in which lists show auctions.
  sequence bigint not null generated always as identity unique,
  seller uuid not null,
  gacha_name text not null,
  starting_price bigint not null check (starting_price >= 0),
  -- UNIX seconds, of which the market's clients may send more than a timestamp holds.
  end_time bigint not null,
  -- creating: the copy is being taken from the seller. open: takes bids until its end. closing: bought or not, being
  -- delivered and paid. closed: for good. deleting: being undone, and then no more.
  state text not null check (state in ('creating', 'open', 'closing', 'closed', 'deleting')),
  leader uuid,
  leading_bid uuid,
  -- Whole TUX.
  highest_bid bigint not null default 0 check (highest_bid >= 0),
  -- The offers that are being decided. Until they are, nothing else happens to this auction. No foreign key: it would need
  -- an index that every bid changes.
  batch_id uuid,
  outcome text check (outcome in ('sold', 'unsold', 'leader-gone', 'seller-gone', 'gacha-gone')),
  -- When what was begun is taken up again, and how often it was.
  attempts integer not null default 0,
  retry_at timestamptz,
  check (num_nonnulls(leader, leading_bid) in (0, 2)),
  check ((leader is null) = (highest_bid = 0)),
  check (highest_bid = 0 or highest_bid >= starting_price),
  check (leader <> seller),
  check (state = 'open' or batch_id is null),
  check ((state in ('creating', 'closing', 'deleting')) = (retry_at is not null)),
  check ((state = 'closed') = (outcome is not null)),
  check (leader is not null or outcome in ('unsold', 'seller-gone', 'gacha-gone') or outcome is null)
)
-- Bids change no column that is indexed, so that a row is changed in its place.
with (fillfactor = 60);
create index auction_ending on auction (end_time) where state = 'open';
create index auction_active on auction (sequence) where state in ('open', 'closing');
create index auction_stalled on auction (retry_at) where retry_at is not null;

create table bid (
  id uuid primary key,
  -- The order in which bids were accepted.
  sequence bigint not null generated always as identity unique,
  auction_id uuid not null references auction,
  player uuid not null,
  amount bigint not null check (amount >= 1),
  -- UNIX seconds with a fraction: the database's clock, read when the auction was locked.
  placed_at double precision not null,
  -- No two are equal, and so each that comes later is higher.
  unique (auction_id, amount)
);
create index bid_of_auction on bid (auction_id, sequence);
create index bid_of_player on bid (player, sequence);
create index bid_by_time on bid (placed_at);

-- What was answered to bids that came with a key of their caller's, so that a retry has the same answer.
create table keyed_bid (
  id uuid primary key,
  request_hash bytea not null check (octet_length(request_hash) = 32),
  -- Null while it is being decided.
  outcome text,
  made_at timestamptz not null default now()
);
create index keyed_bid_age on keyed_bid (made_at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'this change of auction % is refused', old.id using errcode = 'restrict_violation';
end
$$;

create trigger stays_what_it_is before update on auction for each row
  when (
    (new.id, new.seller, new.gacha_name, new.starting_price, new.end_time)
      is distinct from (old.id, old.seller, old.gacha_name, old.starting_price, old.end_time)
    or new.highest_bid < old.highest_bid
    or (new.highest_bid = old.highest_bid and new.leading_bid is distinct from old.leading_bid)
    or (new.highest_bid <> old.highest_bid and old.state <> 'open')
    or (old.state = 'closed' and new.state <> 'closed')
    or (old.state = 'closing' and new.state not in ('closing', 'closed'))
    or (old.state = 'deleting' and new.state <> 'deleting')
    or (old.state = 'open' and new.state = 'creating')
  )
  execute function refuse_change();

-- Only what was never open, or is being undone, may go.
create trigger stays before delete on auction for each row
  when (old.state not in ('creating', 'deleting')) execute function refuse_change();

create trigger is_never_changed before update on bid for each row execute function refuse_change();
