// Answers queries: one JSON string a line on standard input, one JSON object a line on
// standard output. Its argument is the number of threads. It ends with its input, so
// that it never outlives the program that started it.
import readline from 'node:readline';
import duckdb, { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(':memory:', { threads: process.argv[2] });
const connection = await instance.connect();
const answer = (object) => process.stdout.write(JSON.stringify(object) + '\n');

answer({ version: duckdb.version() });
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    const reader = await connection.runAndReadAll(JSON.parse(line));
    answer({ row: reader.getRows()[0].map(String) });
  } catch (error) {
    answer({ error: String(error) });
  }
}
process.exit(0);
