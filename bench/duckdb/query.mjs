// Runs queries: one JSON string on each line of standard input, one JSON object on each line of
// standard output. The argument is the number of threads. It exits at the end of its input, so that
// it never outlives the program that started it.
import readline from 'node:readline';
import duckdb, { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(':memory:', { threads: process.argv[2] });
const connection = await instance.connect();
const respond = (object) => process.stdout.write(JSON.stringify(object) + '\n');

respond({ version: duckdb.version() });
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    const reader = await connection.runAndReadAll(JSON.parse(line));
    respond({ row: reader.getRows()[0].map(String) });
  } catch (error) {
    respond({ error: String(error) });
  }
}
process.exit(0);
