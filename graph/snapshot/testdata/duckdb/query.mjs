// SPDX-License-Identifier: Apache-2.0

// usage: node query.mjs SNAPSHOT SQL...
//
// Runs each query in the folder of the snapshot, so that 'nodes.parquet' names its
// file, and prints a JSON line for each row: the number of its query, and the row.

import { DuckDBInstance } from "@duckdb/node-api";

const [folder, ...queries] = process.argv.slice(2);
process.chdir(folder);
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
for (const [query, sql] of queries.entries()) {
  const result = await connection.runAndReadAll(sql);
  for (const row of result.getRowObjectsJson()) {
    console.log(JSON.stringify({ query, row }));
  }
}
connection.closeSync();
instance.closeSync();
