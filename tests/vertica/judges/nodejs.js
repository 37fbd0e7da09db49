// A judge of the server: another client than the one that it was built for.
// In an empty folder: npm install vertica-nodejs, then: PORT=... node path/of/nodejs.js
'use strict';
const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { createRequire } = require('module');
const vertica = createRequire(path.join(process.cwd(), 'x.js'))('vertica-nodejs');

async function main() {
  const client = new vertica.Client({
    host: '127.0.0.1', port: Number(process.env.PORT), user: 'dbadmin', password: 'Passw0rd',
    database: 'vmart', tls_mode: 'disable',
  });
  await client.connect();
  const rows = async (sql, values) => (await client.query(sql, values)).rows;
  await client.query('CREATE TABLE judged (a INT, b VARCHAR(10), c NUMERIC(10,2), d TIMESTAMPTZ)');
  assert.deepStrictEqual(
    await rows("INSERT INTO judged VALUES (1, 'é', 1.25, '2020-01-02 03:04:05+00')"), [{ OUTPUT: 1 }]);
  assert.deepStrictEqual(await rows('INSERT INTO judged (a, b) VALUES (?, ?)', [2, null]), [{ OUTPUT: 1 }]);
  assert.deepStrictEqual(
    await rows('SELECT * FROM judged WHERE b = ?', ['é']),
    [{ a: 1, b: 'é', c: '1.25', d: '2020-01-02 03:04:05+00' }]);
  await assert.rejects(client.query('SELECT nothing FROM judged'), { code: '42703' });
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'judge-')), 'in.csv');
  fs.writeFileSync(file, '3|c|1|\nbad|x|1|\n');
  assert.deepStrictEqual(await rows(`COPY judged FROM LOCAL '${file}'`), [{ 'Rows Loaded': 1 }]);
  fs.rmSync(path.dirname(file), { recursive: true });
  assert.deepStrictEqual(await rows('SELECT COUNT(*) AS n FROM judged'), [{ n: 3 }]);
  await client.query('DROP TABLE judged');
  await client.end();
  console.log('1 passed, 0 failed');
}

main().catch((error) => { console.error(error); process.exit(1); });
