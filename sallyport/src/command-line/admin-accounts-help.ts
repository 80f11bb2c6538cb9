/** What `sallyport admin accounts import --help` says about the file. */
export const importHelp = `
Each line of the file is an account: a JSON object (NDJSON), or a row of CSV below a row with the names of the fields.

  username           needed
  email              needed
  password_hash      argon2id, bcrypt, pbkdf2_sha256$…, Werkzeug's pbkdf2:sha256:… or scrypt:…
  password           in its place: the password itself, hashed here (slowly: some forty a second on each processor)
  uid                UUID version 4; without it one is made
  roles              a list of names, in CSV separated by | or spaces; user unless told otherwise
  first_name         what the pictures service calls somebody who is registered there,
  last_name          both or neither; they get a key by registering once more
  born_on            accounts (unless told otherwise), market, enrollment or pictures: whose rules hold for it
  created            when it was made; now unless told otherwise
  last_login
  email_verified     since when the address is proven, or true; validated is another name for it
  suspended          since when, or true
  deleted            true for one that only keeps its names; delete_date says since when
  validation_string  was sent to the address and still proves it, for a day

Times are written as 2019-06-11T10:03:09Z; without a zone they are UTC. Other fields are refused.

A refused line does not stop the others. A line whose account is there (same user name, e-mail address and uid) counts as
already there, so that an interrupted import is finished by the same command again. Ends with 1 when lines were refused.

Examples:
  $ npx sallyport admin accounts import --dry-run --report refused.ndjson accounts.csv
  $ npx sallyport admin accounts import accounts.csv
  $ zcat accounts.ndjson.gz | npx sallyport admin accounts import --format ndjson -`

export const exportHelp = `
The fields are those that an import reads. Without --with-hashes nobody can sign in after an import of the file.

Examples:
  $ npx sallyport admin accounts export > accounts.ndjson
  $ npx sallyport admin accounts export --with-hashes --output accounts.csv`
