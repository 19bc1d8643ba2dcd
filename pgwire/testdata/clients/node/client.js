// Uses a server by node-postgres and postgres.js, and prints what it reads. The server's address stands in PGHOST and the like.
'use strict'

const pg = require('pg')
const Cursor = require('pg-cursor')
const QueryStream = require('pg-query-stream')
const postgres = require('postgres')

const show = (...values) => console.log(...values.map((v) => (typeof v === 'string' ? v : JSON.stringify(v))))

async function nodePostgres() {
  show('== pg')
  const client = new pg.Client()
  await client.connect()
  for (const table of ['cities ORDER BY population', 'every_type ORDER BY id']) {
    const result = await client.query(`SELECT * FROM ${table}`)
    show('--', table, result.command, result.rowCount, result.fields.map((f) => [f.name, f.dataTypeID, f.dataTypeSize, f.dataTypeModifier, f.format]))
    result.rows.forEach((row) => show(row))
  }
  for (const [kind, value] of [['bool', true], ['int4', -5], ['int8', '9007199254740993'], ['float8', 1.5], ['numeric', '1.230'], ['text', "ü'\\"], ['bytea', Buffer.from([0, 255])],
    ['timestamptz', new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 456))], ['date', '2024-02-29'], ['jsonb', { a: [1, null] }], ['int4[]', [1, null, 3]], ['text[]', ['a,b', '"', null]], ['text', null]]) {
    const { rows } = await client.query({ text: `SELECT $1::${kind} AS value`, values: [value], rowMode: 'array' })
    show('-- parameter:', kind, rows)
  }
  for (let i = 0; i < 3; i++) {
    const { rows } = await client.query({ name: 'named', text: 'SELECT city FROM cities WHERE population > $1 AND city = ANY($2) ORDER BY 1', values: [i, ['Köln', 'Berlin']] })
    show('-- named:', rows)
  }
  const several = await client.query('SELECT 1 AS a; SELECT 2 AS b, 3 AS c')
  show('-- several:', several.map((r) => r.rows))
  const cursor = client.query(new Cursor('SELECT g FROM generate_series(1, $1::int) g ORDER BY g', [1234]))
  let total = 0
  for (let rows = await cursor.read(100); rows.length > 0; rows = await cursor.read(100)) total += rows.reduce((sum, r) => sum + r.g, 0)
  await cursor.close()
  const half = client.query(new Cursor('SELECT g FROM generate_series(1, 1000) g ORDER BY g'))
  show('-- cursors:', total, await half.read(2))
  await half.close()
  let streamed = 0
  for await (const row of client.query(new QueryStream('SELECT g FROM generate_series(1, 1234) g', [], { batchSize: 50 }))) streamed += row.g
  show('-- streamed:', streamed)
  for (const query of ['SELECT nothing FROM cities', 'SELECT 1/0', "SELECT 'x'::int", 'SELEC']) {
    try {
      await client.query(query)
    } catch (e) {
      show('-- error:', query, e.code, e.message, e.position || '', e.severity)
    }
  }
  await client.query('BEGIN')
  await client.query('CREATE TEMP TABLE made (id int, data jsonb, at timestamptz)')
  const inserted = await client.query('INSERT INTO made VALUES ($1, $2, $3), (2, NULL, NULL) RETURNING *', [1, { x: 'ü' }, new Date(0)])
  show('-- inserted:', inserted.rowCount, inserted.rows)
  await client.query('ROLLBACK')
  await client.end()
  const pool = new pg.Pool({ max: 3 })
  const sums = await Promise.all([...Array(50).keys()].map((i) => pool.query('SELECT $1::int * 2 AS n', [i])))
  show('-- a pool:', sums.reduce((sum, r) => sum + r.rows[0].n, 0))
  await pool.end()
}

async function postgresJs() {
  show('== postgres')
  const sql = postgres({ onnotice: () => {}, max: 2 })
  const cities = await sql`SELECT * FROM cities WHERE population > ${1000000} AND city IN ${sql(['Köln', 'Berlin', 'Leipzig'])} ORDER BY population`
  show('--', cities.command, cities.count, cities.columns.map((c) => [c.name, c.type]), cities)
  show('-- all types:', await sql`SELECT id, b, i2, i4, i8, f4, f8, n, m, t, v, c, by, d, tm, tt, ts, tz, iv, u, j, jb, o, ia, ta, na, da, tza, ba, ua FROM every_type ORDER BY id`)
  show('-- names:', await sql`SELECT ${sql('city', 'area')} FROM ${sql('cities')} WHERE founded < ${new Date(Date.UTC(1000, 0, 1))} ORDER BY area`)
  show('-- arrays:', await sql`SELECT ${sql.array([1, 2])}::int[] AS a, ${['x', 'y']}::text[] AS b, ${sql.json({ a: 1 })}::jsonb AS c`)
  let total = 0
  await sql`SELECT g FROM generate_series(1, 1234) g ORDER BY g`.cursor(100, (rows) => { for (const r of rows) total += r.g })
  show('-- a cursor:', total)
  await sql.begin(async (tx) => {
    await tx`CREATE TEMP TABLE made (id int, name text)`
    await tx`INSERT INTO made ${tx([{ id: 1, name: 'a' }, { id: 2, name: null }])}`
    await tx.savepoint((sp) => sp`SELECT 1/0`).catch((e) => show('-- error:', e.code, e.message))
    show('-- made:', await tx`SELECT * FROM made ORDER BY id`)
    const out = []
    for await (const chunk of await tx`COPY made TO STDOUT (FORMAT csv)`.readable()) out.push(chunk.toString())
    show('-- copied:', out.join(''))
    throw new Error('undone')
  }).catch((e) => show('-- transaction:', e.message))
  await sql.end()
}

nodePostgres().then(postgresJs).catch((e) => {
  console.error(e)
  process.exit(1)
})
