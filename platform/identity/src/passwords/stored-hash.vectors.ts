/** A stored hash that another implementation made, and the password it was made of. */
export interface Vector {
  readonly madeBy: string
  readonly password: string
  readonly stored: string
}

const umlaut = 'Pässwörd-7 ✓'
const hexSalt = '0123456789abcdef0123456789abcdef'

/** Cheap ones first in each form: the tests damage them in many ways. */
export const vectors: Readonly<Record<string, readonly Vector[]>> = {
  argon2: [
    {
      madeBy: 'argon2-cffi 21.1.0, as cheap as can be',
      password: umlaut,
      stored: '$argon2id$v=19$m=64,t=1,p=2$q9C7lEo4UqFVU58K613Jkg$/zVqzoSQ2D2GigB7qCHMpw',
    },
    {
      madeBy: 'argon2-cffi 21.1.0',
      password: umlaut,
      stored: '$argon2id$v=19$m=8192,t=2,p=2$eymtaOdcqLxGLqyYV1wcDQ$PQMIZeF1k5arJJASsa7PAA',
    },
    {
      madeBy: 'argon2-cffi 21.1.0, argon2i',
      password: umlaut,
      stored: '$argon2i$v=19$m=1024,t=2,p=2$8DPvCJtQgFw6O20zuhM4BQ$nPFm9eFkPG/ba6yPE8xIzA',
    },
    {
      madeBy: 'argon2-cffi 21.1.0 as it comes',
      password: umlaut,
      stored: '$argon2id$v=19$m=102400,t=2,p=8$+2ukYrZartfFFh1ojtBmiQ$eH4kKg+fCgFnCPHTEPkWjA',
    },
    {
      madeBy: 'Django 3.2.25, Argon2PasswordHasher',
      password: umlaut,
      stored: 'argon2$argon2id$v=19$m=102400,t=2,p=8$S3FFa0R1WVFpUVd4b0hPcFdzSWdGbQ$ckeOjJnAtguCrdyri7DyQQ',
    },
    {
      madeBy: 'the reference implementation (P-H-C/phc-winner-argon2, test.c)',
      password: 'password',
      stored: '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    },
  ],
  bcrypt: [
    {
      madeBy: 'Openwall crypt_blowfish',
      password: 'U*U',
      stored: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    },
    {
      madeBy: 'Openwall crypt_blowfish',
      password: 'U*U*',
      stored: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK',
    },
    {
      madeBy: 'Openwall crypt_blowfish',
      password: 'U*U*U',
      stored: '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a',
    },
    {
      madeBy: 'Openwall crypt_blowfish, a long one',
      password: '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
      stored: '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
    },
    {
      madeBy: 'Python bcrypt 3.2.2',
      password: umlaut,
      stored: '$2b$05$u5ZMbf22i9CzrTqJ6/xPT.j7dV0Q8U376yk0i/JaU1brOriwZMfIm',
    },
    {
      madeBy: 'passlib 1.7.4',
      password: umlaut,
      stored: '$2y$05$c36BzhCxFfMlDpdcLgfyt.EtkfGUZbWcYTZqfWE.Jc8Z8ub2eerrW',
    },
    {
      madeBy: 'Django 3.2.25, BCryptPasswordHasher',
      password: umlaut,
      stored: 'bcrypt$$2b$12$.13a.pN6X4s.1nxUiezWw.Sn60Eob3AkKsDdJHHwhxUJAa3Azd2cS',
    },
  ],
  pbkdf2_sha256: [
    {
      madeBy: 'Django 3.2.25, a salt of any text',
      password: umlaut,
      stored: 'pbkdf2_sha256$1000$söltig salt$mcKg0L1FDQ5lJiN7K73udWvjciLc5fu8fSWKT9xDcPM=',
    },
    {
      madeBy: 'Django 3.2.25 as it comes',
      password: umlaut,
      stored: 'pbkdf2_sha256$260000$ZjPUe9xJb3zBD2Xz0zCIq9$UFcjvinI0Sn5U3SfJW/ofgm7+HKeP2WswhOBLNzgb+A=',
    },
    {
      madeBy: 'E-22; Django 3.2.25 makes the same',
      password: 'correct horse',
      stored: `pbkdf2_sha256$260000$${hexSalt}$61y2gXSD6Y0lj5dtGPaW8LYz7XB7JCWZdne+uUOjfWI=`,
    },
    {
      madeBy: 'E-22; Django 3.2.25 makes the same',
      password: 'pässwörd',
      stored: `pbkdf2_sha256$260000$${'0'.repeat(32)}$6NxUD8HnsI9YRsSUIQup1tTj3Cbo2II2d2Gjy8dErDU=`,
    },
  ],
  'Werkzeug pbkdf2': [
    {
      madeBy: 'Werkzeug 2.2.2',
      password: umlaut,
      stored: 'pbkdf2:sha256:1000$qwcAwTYRLMyZiQJN$4a07e9490874c1b64b62accd59dda38cc5421a1749f2ab7c2c79ac3104ef1e1e',
    },
    {
      madeBy: 'Werkzeug 2.2.2',
      password: umlaut,
      stored: 'pbkdf2:sha1:1000$ABckVYbaHVDKSvby$4050a2d6634ba5f28286451b9efde1e1e6ed0208',
    },
    {
      madeBy: 'Werkzeug 2.2.2',
      password: umlaut,
      stored:
        'pbkdf2:sha512:1000$ikBjHIIZ4RT1arIH$bcc49b9dc13bd0da362ad962fcc2c8032195eb1faf6b350e42b084763aae1cdd664cc2ed58688486f68060e78c39c9bdbef1d8e4bc58b9dea380d46c9301c5c9',
    },
    {
      madeBy: 'Werkzeug 2.2.2 as it comes',
      password: umlaut,
      stored: 'pbkdf2:sha256:260000$mB6eqOueGiXNVUbF$ced6e6dc67ddf49aaedfc8331c8c8293bd2f75e8666a6485ab68ce09b76fb797',
    },
  ],
  'Werkzeug scrypt': [
    {
      madeBy: 'hashlib of Python 3.11.2, as cheap as can be',
      password: umlaut,
      stored:
        'scrypt:16:8:1$Zx9kLmQ2rT7vBn4c$c7ace4c2ad51286c22a40c001bab3395d6e1b9f4d9c6e9d59271818c17aa520617279712948c6e292c54d9b3c4bb1b1e630066a021107c7511db431cf4e2573c',
    },
    {
      madeBy: 'RFC 7914 §12, written in this form',
      password: 'password',
      stored:
        'scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    },
    {
      madeBy: 'hashlib of Python 3.11.2 with the cost of Werkzeug 3',
      password: umlaut,
      stored:
        'scrypt:32768:8:1$Zx9kLmQ2rT7vBn4c$9a3c792873ddff4a366fedb6b670217add3fba41eedbdef07ebd5e7e5a716641121b6de4c40d3abd61170b8d86934a4a2ea4867326079d52a9f68c77768ff1d7',
    },
  ],
  'Django scrypt': [
    {
      madeBy: 'hashlib of Python 3.11.2, as cheap as can be',
      password: umlaut,
      stored:
        'scrypt$16$Zx9kLmQ2rT7vBn4c$8$1$x6zkwq1RKGwipAwAG6szldbhufTZxunVknGBjBeqUgYXJ5cSlIxuKSxU2bPEuxseYwBmoCEQfHUR20Mc9OJXPA==',
    },
    {
      madeBy: 'Django 4.0 (its own test of the hasher)',
      password: 'lètmein',
      stored:
        'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    },
  ],
}
