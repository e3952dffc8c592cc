// SPDX-License-Identifier: Apache-2.0

// usage: node duckdb.mjs [--threads N] [--memory] [--times] {FOLDER SCRIPT}...
//
// Runs each script of foureyes policy sql in its folder, and prints a JSON line with
// the rows that it finds and the seconds that it took, by the clock and of processor
// time. With --memory the Parquet files of the folder are loaded into memory first, as
// tables of their names; that is timed apart. With --times each statement is told on
// stderr, with its seconds.

import { DuckDBInstance } from "@duckdb/node-api";
import { readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "2" }, memory: { type: "boolean" }, times: { type: "boolean" } },
});

const seconds = (since) => (performance.now() - since) / 1000;

// timed returns what work returns, and the seconds that it took.
async function timed(work) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  return [result, { wall: seconds(start), processor: (user + system) / 1e6 }];
}

async function load(connection) {
  for (const file of flags.memory ? readdirSync(".") : []) {
    if (file.endsWith(".parquet")) {
      await connection.run(`CREATE OR REPLACE TABLE "${file}" AS SELECT * FROM read_parquet('${file}')`);
    }
  }
}

async function run(connection, sql) {
  const statements = await connection.extractStatements(sql);
  let rows = [];
  for (let i = 0; i < statements.count; i++) {
    const start = performance.now();
    const result = await (await statements.prepare(i)).runAndReadAll();
    if (result.columnNames().join() === "rule,mode,subject") {
      rows = result.getRowsJson();
    }
    if (flags.times) {
      console.error(i, seconds(start).toFixed(3));
    }
  }
  return rows;
}

const home = process.cwd();
const instance = await DuckDBInstance.create(":memory:", { threads: flags.threads });
for (let i = 0; i + 1 < positionals.length; i += 2) {
  const sql = readFileSync(positionals[i + 1], "utf8");
  process.chdir(positionals[i]);
  const connection = await instance.connect();
  const [, loading] = await timed(() => load(connection));
  const [rows, detecting] = await timed(() => run(connection, sql));
  console.log(JSON.stringify({ rows, loading, detecting }));
  connection.closeSync();
  process.chdir(home);
}
instance.closeSync();
